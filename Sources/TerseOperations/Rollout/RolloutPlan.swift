/// How a candidate comes to be what everybody is served.
public struct RolloutPlan: Sendable, Equatable, Codable {
    public let criteria: [RolloutCriterion]
    /// Shares of the traffic that the candidate gets, one step after the other; as much goes to the control group, which the
    /// variant serves that is live. At most a half, since both must be of one size; what comes after is everything.
    public let weights: [Double]
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
    public var patience: Duration = .seconds(60)
    /// After so long without one, the rollout is paused.
    public var patienceMax: Duration = .seconds(600)

    /// - Throws: `RolloutError` naming the field, what is expected and what was found.
    public init(
        criteria: [RolloutCriterion] = RolloutCriterion.standard, weights: [Double] = [0.01, 0.05, 0.25, 0.5]
    ) throws(RolloutError) {
        guard !criteria.isEmpty, Set(criteria.map(\.metric)).count == criteria.count else {
            throw RolloutError("criteria: expected each metric at most once, found \(criteria.map(\.metric.rawValue))")
        }
        guard !weights.isEmpty, weights.allSatisfy({ $0 > 0 && $0 <= 0.5 }),
            zip(weights, weights.dropFirst()).allSatisfy(<)
        else { throw RolloutError("weights: expected growing shares above 0 and up to 0.5, found \(weights)") }
        (self.criteria, self.weights) = (criteria, weights)
    }

    /// - Throws: `RolloutError` naming the field, what is expected and what was found.
    func check() throws(RolloutError) {
        guard pairsPerStep >= 1, shadowPairs >= 0, pairsMax > pairsPerStep * weights.count + shadowPairs else {
            throw RolloutError(
                "pairs: expected at least 1 a step and room for all steps, found \(pairsPerStep) a step, \(shadowPairs) in the "
                    + "shadow and \(pairsMax) at most")
        }
        for (name, risk) in [("false_rollback", falseRollbackRisk), ("false_promotion", falsePromotionRisk)]
        where !(risk > 0 && risk < 0.5) {
            throw RolloutError("\(name): expected a probability above 0 and below 0.5, found \(risk)")
        }
        guard patience > .zero, patience < patienceMax else {
            throw RolloutError("patience: expected a time below \(patienceMax), found \(patience)")
        }
    }
}
