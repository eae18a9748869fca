import ArgumentParser
import TerseModel
import TerseTensor

/// How large the KV cache is, for commands that run one sequence, and how it is held.
struct SequenceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The longest sequence in tokens (default: the model's, at most \(RunnerOptions.contextLengthDefaultMax)).",
            valueName: "N"))
    var context: Int?

    @OptionGroup var cache: CacheOptions

    /// The runner's options for one sequence.
    var runnerOptions: RunnerOptions {
        var options = cache.runnerOptions
        options.contextLength = context
        return options
    }

    func validate() throws { try Self.check("--context", context, from: 1) }
}

/// How keys and values are held, and prompts processed.
struct CacheOptions: ParsableArguments {
    @Option(
        name: .customLong("kv"), help: "How keys and values are held: f16, or int8 in half the memory (default: f16).")
    var kvType: KVType?

    @Option(
        help: ArgumentHelp(
            "Tokens of a prompt that are processed together. Results do not depend on it.", valueName: "N"))
    var chunk: Int?

    @OptionGroup var budget: MemoryOption

    /// The runner's options; the length of sequences is the model's.
    var runnerOptions: RunnerOptions {
        var options = RunnerOptions()
        if let kvType { options.kvType = kvType }
        options.memoryBudgetBytes = budget.memory?.bytes
        if let chunk { options.maxRows = chunk }
        return options
    }

    func validate() throws { try Self.check("--chunk", chunk, from: 1, to: RunnerOptions.maxRowsMax) }
}

extension KVType: ExpressibleByArgument {}
