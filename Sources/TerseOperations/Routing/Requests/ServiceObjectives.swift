/// How fast whoever asks wants the answer.
public struct ServiceObjectives: Sendable, Equatable, Codable {
    /// Seconds until the first token; nil for any.
    public var timeToFirstToken: Double?
    /// Seconds between tokens; nil for any.
    public var timePerOutputToken: Double?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case timeToFirstToken = "time_to_first_token"
        case timePerOutputToken = "time_per_output_token"
    }

    /// The headers that say it, in milliseconds.
    public static let timeToFirstTokenHeader = "x-slo-ttft-ms"
    public static let timePerOutputTokenHeader = "x-slo-tpot-ms"
    /// An hour: what is more is a mistake.
    public static let millisecondsMax = 3_600_000.0

    public init(timeToFirstToken: Double? = nil, timePerOutputToken: Double? = nil) {
        (self.timeToFirstToken, self.timePerOutputToken) = (timeToFirstToken, timePerOutputToken)
    }

    /// Reads the headers' values; nil for one that is not there.
    /// - Throws: `RoutingError` naming the header.
    public init(timeToFirstTokenMs: String?, timePerOutputTokenMs: String?) throws(RoutingError) {
        timeToFirstToken = try Self.seconds(Self.timeToFirstTokenHeader, timeToFirstTokenMs)
        timePerOutputToken = try Self.seconds(Self.timePerOutputTokenHeader, timePerOutputTokenMs)
    }

    private static func seconds(_ header: String, _ text: String?) throws(RoutingError) -> Double? {
        guard let text else { return nil }
        guard let value = Double(text), value > 0, value <= millisecondsMax else {
            throw RoutingError(
                "\(header): expected milliseconds above 0 and up to \(Int(millisecondsMax)), found \"\(text)\"")
        }
        return value / 1000
    }

    /// The stricter of both, each.
    func tightened(by other: ServiceObjectives) -> ServiceObjectives {
        func least(_ one: Double?, _ other: Double?) -> Double? { one.map { min($0, other ?? $0) } ?? other }
        return ServiceObjectives(
            timeToFirstToken: least(timeToFirstToken, other.timeToFirstToken),
            timePerOutputToken: least(timePerOutputToken, other.timePerOutputToken))
    }

    func check(_ name: String) throws(RoutingError) {
        if let timeToFirstToken { try RoutingError.checkPositive("\(name): time_to_first_token", timeToFirstToken) }
        if let timePerOutputToken {
            try RoutingError.checkPositive("\(name): time_per_output_token", timePerOutputToken)
        }
    }
}
