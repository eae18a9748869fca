import ArgumentParser
import TerseEngine
import TerseModel
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

    @Option(name: .customLong("kv"), help: "How keys and values are held: f16, or int8 in half the memory.")
    var kvType = KVType.f16

    @Option(
        name: .customLong("running"),
        help: ArgumentHelp("The most requests computed together.", valueName: "N"))
    var runningMax = SchedulerLimits().runningMax

    @Option(
        name: .customLong("waiting"),
        help: ArgumentHelp("The most texts that wait; more are refused with status 429.", valueName: "N"))
    var waitingMax = SchedulerLimits().waitingMax

    func validate() throws {
        try Self.check("--context", context, from: 1)
        try Self.check("--running", runningMax, from: 1, to: SchedulerLimits().stepTokens)
        try Self.check("--waiting", waitingMax, from: 1)
    }

    var options: EngineOptions {
        var options = EngineOptions()
        options.threads = threads.threads
        options.contextLength = context
        options.kvType = kvType
        options.memoryBudgetBytes = budget.memory?.bytes
        options.guessesMax = draft.guessesMax
        options.limits.runningMax = runningMax
        options.limits.waitingMax = waitingMax
        return options
    }

    /// The arguments that mean the same to another process.
    /// - Parameter draftPath: the draft model's files.
    func arguments(draftPath: String?) -> [String] {
        var arguments = ["--kv", kvType.rawValue, "--running", "\(runningMax)", "--waiting", "\(waitingMax)"]
        if let threads = threads.threads { arguments += ["--threads", "\(threads)"] }
        if let memory = budget.memory { arguments += ["--memory", "\(memory.bytes)"] }
        arguments += ["--guesses", "\(draft.guessesMax)"]
        if let draftPath { arguments += ["--draft-model", draftPath] }
        if let context { arguments += ["--context", "\(context)"] }
        return arguments
    }
}
