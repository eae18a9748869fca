import Foundation

/// How much worse than the control group a candidate may be by one metric.
///
/// A sequential test of `tolerated` against `intolerable`, with the indifference zone between: there either verdict is
/// right, outside of it a wrong one has the probability that the plan states.
public struct RolloutCriterion: Sendable, Equatable, Codable {
    public var metric: RolloutMetric
    /// A candidate that is surely worse than by this much is rolled back. A share of requests for the error rate, of the
    /// control group's time for times (0.05: a ratio of 1.05), nats for quality.
    public var tolerated: Double
    /// Before a candidate is promoted it must surely be worse by less than this, the margin of non-inferiority. In the same
    /// unit.
    public var intolerable: Double

    /// Is checked with the plan.
    public init(_ metric: RolloutMetric, tolerated: Double, intolerable: Double) {
        (self.metric, self.tolerated, self.intolerable) = (metric, tolerated, intolerable)
    }

    /// One failure more in a hundred requests, a quarter more time and one nat a token are seen. A judge that is a model itself
    /// rates what another one says lower than its own words, by tenths of a nat for a good one: that is tolerated.
    public static let standard = [
        RolloutCriterion(.errorRate, tolerated: 0, intolerable: 0.01),
        RolloutCriterion(.timeToFirstToken, tolerated: 0.05, intolerable: 0.25),
        RolloutCriterion(.timePerOutputToken, tolerated: 0.05, intolerable: 0.25),
        RolloutCriterion(.quality, tolerated: 0.3, intolerable: 1),
    ]

    /// - Throws: `RolloutError` unless 0 ≤ tolerated < intolerable, both finite.
    func check() throws(RolloutError) {
        guard tolerated >= 0, tolerated < intolerable, intolerable.isFinite else {
            throw RolloutError(
                "expected 0 ≤ tolerated < intolerable, found \(tolerated.decimal) and \(intolerable.decimal)",
                keys: "criteria.\(metric.rawValue)")
        }
        guard metric != .errorRate || intolerable <= 1 else {
            throw RolloutError(
                "expected an intolerable share of at most 1, found \(intolerable.decimal)",
                keys: "criteria.\(metric.rawValue)")
        }
    }

    /// A limit as evidence has it.
    func compared(_ limit: Double) -> Double { metric.isRatio ? log1p(limit) : limit }

    /// A difference of evidence in the unit of the limits.
    func stated(_ difference: Double) -> Double { metric.isRatio ? expm1(difference) : difference }
}
