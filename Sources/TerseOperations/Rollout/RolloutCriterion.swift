import Foundation

/// What a candidate is compared by.
public enum RolloutMetric: String, Sendable, CaseIterable, Codable {
    /// Requests that failed, or whose answer held what is no number, of all.
    case errorRate = "error_rate"
    case timeToFirstToken = "time_to_first_token"
    case timePerOutputToken = "time_per_output_token"
    /// The mean log-likelihood of an answer's tokens, in nats, as a judge scores it.
    case quality
}

/// How much worse than the control group a candidate may be.
///
/// Between the two limits either verdict is right; outside of them a wrong one has the probability that the plan states.
public struct RolloutCriterion: Sendable, Equatable, Codable {
    public let metric: RolloutMetric
    /// A candidate that is surely worse than by this much is rolled back. A share of requests for the error rate, of the
    /// control group's time for times (0.05: five in a hundred), nats for quality.
    public let tolerated: Double
    /// Before a candidate is promoted it must surely be worse by less than this. In the same unit.
    public let intolerable: Double

    /// - Throws: `RolloutError` unless 0 ≤ tolerated < intolerable, both finite.
    public init(_ metric: RolloutMetric, tolerated: Double, intolerable: Double) throws(RolloutError) {
        guard tolerated.isFinite, intolerable.isFinite, tolerated >= 0, tolerated < intolerable else {
            throw RolloutError(
                "\(metric.rawValue): expected 0 ≤ tolerated < intolerable, found \(tolerated) and \(intolerable)")
        }
        if metric == .errorRate, intolerable > 1 {
            throw RolloutError("\(metric.rawValue): expected a share of at most 1, found \(intolerable)")
        }
        self.init(unchecked: metric, tolerated, intolerable)
    }

    private init(unchecked metric: RolloutMetric, _ tolerated: Double, _ intolerable: Double) {
        (self.metric, self.tolerated, self.intolerable) = (metric, tolerated, intolerable)
    }

    /// One failure more in a hundred requests, a quarter more time and 0.3 nats a token are seen.
    public static let standard = [
        RolloutCriterion(unchecked: .errorRate, 0, 0.01),
        RolloutCriterion(unchecked: .timeToFirstToken, 0.05, 0.25),
        RolloutCriterion(unchecked: .timePerOutputToken, 0.05, 0.25),
        RolloutCriterion(unchecked: .quality, 0.05, 0.3),
    ]

    /// The limits in the unit that evidence is in: times are compared by their logarithms.
    var limits: (tolerated: Double, intolerable: Double) {
        switch metric {
        case .timeToFirstToken, .timePerOutputToken: (log1p(tolerated), log1p(intolerable))
        case .errorRate, .quality: (tolerated, intolerable)
        }
    }

    /// A difference of evidence in the unit of the limits as they are stated.
    func stated(_ difference: Double) -> Double {
        switch metric {
        case .timeToFirstToken, .timePerOutputToken: expm1(difference)
        case .errorRate, .quality: difference
        }
    }
}

/// What is wrong with a plan, or with what was asked of a rollout.
public struct RolloutError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
