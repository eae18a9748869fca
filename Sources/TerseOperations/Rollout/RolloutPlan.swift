/// How a candidate comes to be what everybody is served.
public struct RolloutPlan: Sendable, Equatable, Codable {
    /// Of each metric one at most.
    public var criteria = RolloutCriterion.standard
    /// Shares of the traffic that the candidate gets, one step after the other; as much goes to the control group, which the
    /// variant serves that is live. At most a half, since both must be of one size; what comes after is everything.
    public var weights = [0.01, 0.05, 0.25, 0.5]
    /// Pairs of requests, one of each group, that every step takes at least.
    public var pairsPerStep = 100
    /// Pairs of requests whose copies the candidate computes, unseen, before it gets any of its own; 0: none.
    public var shadowPairs = 0
    /// Pairs after which a rollout that is still not decided is paused.
    public var pairsMax = 100_000
    /// The probability of rolling back a candidate that is within what is tolerated.
    public var falseRollbackRisk = 0.004
    /// The probability of promoting one that is intolerable.
    public var falsePromotionRisk = 0.004
    /// After so long without a pair more, requests are asked for that are recorded or made up.
    public var patience = Duration.seconds(60)
    /// After so long without one, the rollout is paused.
    public var patienceMax = Duration.seconds(600)

    /// The standard plan.
    public init() {}

    /// - Throws: `RolloutError` in the keys and units of a plan's file: what is expected, and what was found.
    public func check() throws(RolloutError) {
        let metrics = criteria.map(\.metric.rawValue)
        guard !metrics.isEmpty, Set(metrics).count == metrics.count else {
            throw RolloutError(
                "expected one or more metrics, each once, found \(Self.list(metrics))", keys: "criteria")
        }
        for criterion in criteria { try criterion.check() }
        let areGrowing = zip(weights, weights.dropFirst()).allSatisfy(<)
        guard !weights.isEmpty, areGrowing, weights.allSatisfy({ $0 > 0 && $0 <= 0.5 }) else {
            let found = Self.list(weightsPercent.map(\.decimal))
            throw RolloutError("expected growing percentages above 0 and up to 50, found \(found)", keys: "weights")
        }
        guard pairsPerStep >= 1 else {
            throw RolloutError("expected at least 1, found \(pairsPerStep)", keys: "pairs_per_step")
        }
        guard shadowPairs >= 0 else {
            throw RolloutError("expected at least 0, found \(shadowPairs)", keys: "shadow_pairs")
        }
        let (steps, isTooLarge) = pairsPerStep.multipliedReportingOverflow(by: weights.count)
        guard !isTooLarge, pairsMax - shadowPairs > steps else {
            throw RolloutError(
                "expected pairs_max > shadow_pairs + \(weights.count) × pairs_per_step, found \(pairsMax), "
                    + "\(shadowPairs) and \(pairsPerStep)",
                keys: "pairs_max", "shadow_pairs", "pairs_per_step", "weights")
        }
        for (key, risk) in [("false_rollback_risk", falseRollbackRisk), ("false_promotion_risk", falsePromotionRisk)]
        where !(risk > 0 && risk < 0.5) {
            throw RolloutError("expected a probability above 0 and below 0.5, found \(risk.decimal)", keys: key)
        }
        guard patience > .zero else {
            throw RolloutError("expected more than 0 seconds, found \(patienceSeconds.decimal)", keys: "patience")
        }
        guard patience < patienceMax else {
            throw RolloutError(
                "expected patience < patience_max, found \(patienceSeconds.decimal) and "
                    + "\(patienceSecondsMax.decimal) seconds",
                keys: "patience", "patience_max")
        }
    }

    private static func list(_ items: [String]) -> String {
        items.isEmpty ? "none" : items.joined(separator: ", ")
    }
}
