/// What a candidate is compared by.
public enum RolloutMetric: String, Sendable, CaseIterable, Codable {
    /// The share of requests that failed, or whose answer held a NaN or an infinity.
    case errorRate = "error_rate"
    case timeToFirstToken = "time_to_first_token"
    case timePerOutputToken = "time_per_output_token"
    /// The mean log-likelihood of an answer's tokens, in nats, as a judge scores it.
    case quality

    /// Whether it is compared by logarithms, so that a difference is a ratio.
    var isRatio: Bool { self == .timeToFirstToken || self == .timePerOutputToken }
}
