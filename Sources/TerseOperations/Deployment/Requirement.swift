/// A limit that a candidate must keep to.
public struct Requirement: Sendable, Equatable, Codable {
    public let quantity: RequirementQuantity
    /// From 1 to 100; nil for what has none.
    public let percentile: Int?
    public let limit: Double
    /// The file and line that state it; nil for what goes without saying.
    public let place: String?

    public init(_ quantity: RequirementQuantity, percentile: Int? = nil, limit: Double, place: String? = nil) {
        (self.quantity, self.percentile, self.limit, self.place) = (quantity, percentile, limit, place)
    }

    /// `time_to_first_token_ms.p95`.
    public var name: String { percentile.map { "\(quantity.rawValue).p\($0)" } ?? quantity.rawValue }

    /// Whether a value keeps to it; what is no number does not.
    public func allows(_ value: Double) -> Bool { quantity.isLeast ? value >= limit : value <= limit }
}
