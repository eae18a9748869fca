import ArgumentParser
import TerseModel
import TerseTensor

/// How large the KV cache is and how it is held.
struct CacheOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The longest sequence in tokens (default: the model's, at most \(RunnerOptions.contextLengthDefaultMax)).",
            valueName: "N"))
    var context: Int?

    @Option(name: .customLong("kv"), help: "How keys and values are held: f16, or int8 in half the memory.")
    var kvType = KVType.f16

    @Option(
        help: ArgumentHelp(
            "Tokens of a prompt that are processed together. Results do not depend on it.", valueName: "N"))
    var chunk: Int?

    @OptionGroup var budget: MemoryOption

    /// The runner's options for one sequence.
    var runnerOptions: RunnerOptions {
        var options = RunnerOptions()
        options.contextLength = context
        options.kvType = kvType
        options.memoryBudgetBytes = budget.memory?.bytes
        if let chunk { options.maxRows = chunk }
        return options
    }

    func validate() throws {
        if let context, context < 1 { throw ValidationError("--context must be at least 1, found \(context)") }
        if let chunk, !(1...RunnerOptions.maxRowsMax).contains(chunk) {
            throw ValidationError("--chunk must be from 1 to \(RunnerOptions.maxRowsMax), found \(chunk)")
        }
    }
}

extension KVType: ExpressibleByArgument {}
