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

    /// - Throws: `RolloutError` naming the field, what is expected and what was found.
    public func check() throws(RolloutError) {
        guard !criteria.isEmpty, Set(criteria.map(\.metric)).count == criteria.count else {
            throw RolloutError(
                "criteria: expected one or more metrics, each once, found \(criteria.map(\.metric.rawValue))")
        }
        for criterion in criteria { try criterion.check() }
        let areGrowing = zip(weights, weights.dropFirst()).allSatisfy(<)
        guard !weights.isEmpty, areGrowing, weights.allSatisfy({ $0 > 0 && $0 <= 0.5 }) else {
            throw RolloutError("weights: expected growing shares above 0 and up to 0.5, found \(weights)")
        }
        guard pairsPerStep >= 1 else { throw RolloutError("pairsPerStep: expected at least 1, found \(pairsPerStep)") }
        guard shadowPairs >= 0 else { throw RolloutError("shadowPairs: expected at least 0, found \(shadowPairs)") }
        let (steps, isTooLarge) = pairsPerStep.multipliedReportingOverflow(by: weights.count)
        guard !isTooLarge, pairsMax - shadowPairs > steps else {
            throw RolloutError("pairsMax: expected more than all steps and the shadow take, found \(pairsMax)")
        }
        for (name, risk) in [("falseRollbackRisk", falseRollbackRisk), ("falsePromotionRisk", falsePromotionRisk)]
        where !(risk > 0 && risk < 0.5) {
            throw RolloutError("\(name): expected a probability above 0 and below 0.5, found \(risk)")
        }
        guard patience > .zero, patience < patienceMax else {
            throw RolloutError("patience: expected a time below \(patienceMax), found \(patience)")
        }
    }
}
