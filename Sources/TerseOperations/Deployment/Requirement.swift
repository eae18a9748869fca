/// A limit that a candidate must keep to.
public struct Requirement: Sendable, Equatable {
    public let quantity: RequirementQuantity
    /// From 1 to 100; nil for what has none.
    public let percentile: Int?
    public let limit: Double
    /// Of instruction sets, those that are meant.
    public let instructionSets: [InstructionSetName]
    /// The file and line that state it; nil for what goes without saying.
    public let place: String?

    public init(
        _ quantity: RequirementQuantity, percentile: Int? = nil, limit: Double,
        instructionSets: [InstructionSetName] = [], place: String? = nil
    ) {
        (self.quantity, self.percentile, self.limit) = (quantity, percentile, limit)
        (self.instructionSets, self.place) = (instructionSets, place)
    }

    /// `time_to_first_token_ms.p95`, `instruction_sets[avx2,avx512]`.
    public var name: String {
        let sets = instructionSets.map(\.rawValue).joined(separator: ",")
        return quantity.rawValue + (percentile.map { ".p\($0)" } ?? "") + (sets.isEmpty ? "" : "[\(sets)]")
    }

    /// Whether a value keeps to it; what is no number does not.
    public func allows(_ value: Double) -> Bool { quantity.isLeast ? value >= limit : value <= limit }
}
