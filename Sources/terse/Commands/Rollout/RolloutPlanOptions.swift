import ArgumentParser
import TerseConfiguration
import TerseOperations

/// How a rollout goes: a file, and what is said beside it.
struct RolloutPlanOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A YAML file that states the plan.", valueName: "F"))
    var plan: String?

    @Option(
        help: ArgumentHelp(
            "The candidate's shares of conversations in percent, each of at most 50 (default: 1,5,25,50); everything "
                + "comes after.", valueName: "W,…"))
    var weights: String?

    @Option(
        help: ArgumentHelp(
            "Pairs of requests, one of the candidate's and one of the control group's, that every step takes at least "
                + "(default: 100).", valueName: "N"))
    var pairs: Int?

    @Option(
        help: ArgumentHelp(
            "Pairs of copies of requests that are computed, unseen, before the first step (default: 0).",
            valueName: "N"))
    var shadow: Int?

    @Option(
        help: ArgumentHelp(
            "Seconds without a pair after which requests are made up or repeated (default: 60); after ten times as "
                + "long the rollout is paused.", valueName: "S"))
    var patience: Double?

    /// - Throws: `ConfigurationError`, `RolloutError`.
    func read() throws -> RolloutPlan {
        var plan = try self.plan.map { try RolloutPlan(try ConfigurationFile.open($0)) } ?? RolloutPlan()
        if let weights {
            plan.weights = try RolloutPlan.weights(percent: weights.split(separator: ",").map(String.init))
        }
        plan.pairsPerStep = pairs ?? plan.pairsPerStep
        plan.shadowPairs = shadow ?? plan.shadowPairs
        if let patience {
            (plan.patience, plan.patienceMax) = (.seconds(patience), .seconds(10 * patience))
        }
        try plan.check()
        return plan
    }
}
