/// What a variant would have made of a traced request, or did.
public struct TracedAnswer: Sendable, Equatable, Codable {
    /// Of the true continuation.
    public var bitsPerByte: Double
    /// Seconds.
    public var timeToFirstToken: Double
    /// Seconds.
    public var timePerOutputToken: Double
    public var joules: Double
    /// The mean log-likelihood, in nats, of the first tokens of the variant's own answer; nil where nobody looked.
    public var probeLogLikelihood: Double?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case bitsPerByte = "bits_per_byte"
        case timeToFirstToken = "time_to_first_token"
        case timePerOutputToken = "time_per_output_token"
        case joules
        case probeLogLikelihood = "probe_log_likelihood"
    }

    /// Is checked with its trace.
    public init(
        bitsPerByte: Double, timeToFirstToken: Double, timePerOutputToken: Double, joules: Double,
        probeLogLikelihood: Double? = nil
    ) {
        (self.bitsPerByte, self.timeToFirstToken) = (bitsPerByte, timeToFirstToken)
        (self.timePerOutputToken, self.joules) = (timePerOutputToken, joules)
        self.probeLogLikelihood = probeLogLikelihood
    }

    /// - Throws: `RoutingError` naming the member.
    func check(_ variant: String) throws(RoutingError) {
        try RoutingError.check("answers: \(variant): bits_per_byte", bitsPerByte)
        try RoutingError.checkPositive("answers: \(variant): time_to_first_token", timeToFirstToken)
        try RoutingError.checkPositive("answers: \(variant): time_per_output_token", timePerOutputToken)
        try RoutingError.check("answers: \(variant): joules", joules)
    }
}
