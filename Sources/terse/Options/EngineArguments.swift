import ArgumentParser
import TerseEngine
import TerseModel
import TerseProfiling
import TerseTensor

/// What a serving engine may take and hold.
struct EngineArguments: ParsableArguments {
    @OptionGroup var threads: ThreadOptions
    @OptionGroup var budget: MemoryOption
    @OptionGroup var draft: DraftOptions

    @Option(
        help: ArgumentHelp(
            "The longest text in tokens, prompt included (default: the model's, at most "
                + "\(RunnerOptions.contextLengthDefaultMax)).", valueName: "N"))
    var context: Int?

    @Option(
        name: .customLong("kv"), help: "How keys and values are held: f16, or int8 in half the memory (default: f16).")
    var kvType: KVType?

    @Option(
        name: .customLong("running"),
        help: ArgumentHelp(
            "The most requests computed together (default: \(SchedulerLimits().runningMax)).", valueName: "N"))
    var runningMax: Int?

    @Option(
        name: .customLong("step"),
        help: ArgumentHelp(
            "The most tokens of a step, of prompts and generated ones. Longer steps read prompts faster and keep those who "
                + "generate waiting longer; texts do not depend on it (default: \(SchedulerLimits().stepTokens)).",
            valueName: "N"))
    var stepTokens: Int?

    @Option(
        name: .customLong("waiting"),
        help: ArgumentHelp(
            "The most texts that wait; more are refused with status 429 (default: \(SchedulerLimits().waitingMax)).",
            valueName: "N"))
    var waitingMax: Int?

    @OptionGroup var tuning: TuningOptions

    func validate() throws {
        try Self.check("--context", context, from: 1)
        try Self.check("--step", stepTokens, from: 1, to: TunedOptions.stepTokensMax)
        try Self.check("--running", runningMax, from: 1, to: stepTokens ?? SchedulerLimits().stepTokens)
        try Self.check("--waiting", waitingMax, from: 1)
    }

    /// What was given of what can also be tuned.
    var given: TunedOptions {
        var given = TunedOptions()
        (given.threads, given.processors) = (threads.threads, tuning.processors)
        (given.stepTokens, given.runningMax, given.kvType) = (stepTokens, runningMax, kvType)
        return given
    }

    /// - Parameter tuned: what counts where nothing was given.
    func options(_ tuned: TunedOptions = TunedOptions()) -> EngineOptions {
        var options = EngineOptions()
        options.contextLength = context
        options.memoryBudgetBytes = budget.memory?.bytes
        options.guessesMax = draft.guessesMax
        if let waitingMax { options.limits.waitingMax = waitingMax }
        options.apply(tuned)
        options.apply(given)
        // Shorter steps than there are requests that may run: so many run then.
        options.limits.runningMax = min(options.limits.runningMax, options.limits.stepTokens)
        return options
    }

    /// The arguments that mean the same to another process.
    /// - Parameter draftPath: the draft model's files.
    func arguments(draftPath: String?) -> [String] {
        var arguments = tuning.arguments
        if let waitingMax { arguments += ["--waiting", "\(waitingMax)"] }
        if let kvType { arguments += ["--kv", kvType.rawValue] }
        if let runningMax { arguments += ["--running", "\(runningMax)"] }
        if let stepTokens { arguments += ["--step", "\(stepTokens)"] }
        if let threads = threads.threads { arguments += ["--threads", "\(threads)"] }
        if let memory = budget.memory { arguments += ["--memory", "\(memory.bytes)"] }
        arguments += ["--guesses", "\(draft.guessesMax)"]
        if let draftPath { arguments += ["--draft-model", draftPath] }
        if let context { arguments += ["--context", "\(context)"] }
        return arguments
    }
}
