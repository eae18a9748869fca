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

    /// - Throws: `ConfigurationError` for what the file says, `ValidationError` for what is said beside it.
    func read() throws -> RolloutPlan {
        let plan = try self.plan.map { try RolloutPlan(try ConfigurationFile.open($0)) } ?? RolloutPlan()
        do throws(RolloutError) { return try changed(plan) } catch {
            let flags = given.filter { error.keys.contains($0.key) }.map(\.flag)
            throw ValidationError("\(flags.joined(separator: ", ")): \(error.message)")
        }
    }

    /// The options that were given, and the keys that they stand for.
    private var given: [(key: String, flag: String)] {
        var given: [(key: String, flag: String)] = []
        if weights != nil { given.append(("weights", "--weights")) }
        if pairs != nil { given.append(("pairs_per_step", "--pairs")) }
        if shadow != nil { given.append(("shadow_pairs", "--shadow")) }
        if patience != nil { given.append(("patience", "--patience")) }
        return given
    }

    /// `plan` with what the options say.
    private func changed(_ plan: RolloutPlan) throws(RolloutError) -> RolloutPlan {
        var plan = plan
        if let weights {
            plan.weights = try RolloutPlan.weights(percent: weights.split(separator: ",").map(String.init))
        }
        plan.pairsPerStep = pairs ?? plan.pairsPerStep
        plan.shadowPairs = shadow ?? plan.shadowPairs
        if let patience { try plan.setPatience(seconds: patience) }
        try plan.check()
        return plan
    }
}
