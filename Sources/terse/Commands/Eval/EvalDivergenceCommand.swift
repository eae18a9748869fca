import ArgumentParser
import TerseEvaluation
import TerseJSON
import TerseTensor

/// `terse eval divergence`: how far a model's predictions are from another's.
struct EvalDivergenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "divergence",
        abstract: "Measure how far a model's predictions are from a reference's.",
        discussion: """
            The Kullback-Leibler divergence D(REFERENCE ‖ OTHER) in nats a token, and how often both find the same token most
            probable. With --file the two are models, run side by side over a text in windows that slide by half their
            length. With --vocabulary they are files that `terse eval logits` wrote.

            Examples:
              terse eval divergence model-f16.gguf model-q4_0.gguf --file text.txt
              terse eval divergence model.gguf model.gguf --other-kv int8 --file text.txt
              terse eval divergence f16.f32 q4_0.f32 --vocabulary 32000 --json
            """)

    @Argument(help: "The model, or file of logits, to measure from.")
    var reference: String

    @Argument(help: "The model, or file of logits, to measure.")
    var other: String

    @Option(help: ArgumentHelp("The text, a UTF-8 file; - is standard input.", valueName: "F"))
    var file: String?

    @Option(help: ArgumentHelp("The two are files of logits over N tokens.", valueName: "N"))
    var vocabulary: Int?

    @Option(help: ArgumentHelp("Tokens in a window (default: 512, or the models' context if shorter).", valueName: "N"))
    var context: Int?

    @Option(help: ArgumentHelp("Run at most N windows.", valueName: "N"))
    var windows: Int?

    @Option(
        name: .customLong("other-kv"),
        help: "How OTHER holds keys and values, if not as REFERENCE does: given one model twice, what it costs.")
    var otherKVType: KVType?

    @OptionGroup var reading: ReadingOptions
    @OptionGroup var evaluation: EvaluationOptions

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        guard (file == nil) != (vocabulary == nil) else {
            throw ValidationError("give either --file F, for two models, or --vocabulary N, for two files of logits")
        }
        try Self.check("--vocabulary", vocabulary, from: 1)
        if vocabulary != nil, context != nil || windows != nil || otherKVType != nil {
            throw ValidationError(
                "--context, --windows and --other-kv are for models; files of logits are compared whole")
        }
        try Self.check("--context", context, from: Perplexity.windowMin)
        try Self.check("--windows", windows, from: 1)
    }

    func run() throws {
        let result = try vocabulary.map { try betweenFiles(vocabulary: $0) } ?? betweenModels()
        guard json else {
            return try StandardOutput.writeLine(
                "divergence \(Quantity.decimals(result.mean, 5)) "
                    + "\(Quantity.uncertainty(result.standardError, 5)) nats a token, "
                    + "99 % within \(Quantity.decimals(result.percentile99, 4)), "
                    + "greatest \(Quantity.decimals(result.greatest, 4)), "
                    + "same first choice at \(Quantity.decimals(100 * result.agreement, 2)) % of \(result.tokens) tokens"
            )
        }
        let value: JSONValue = [
            "mean": .number(result.mean),
            "standard_error": result.standardError.map { .number($0) } ?? .null,
            "p99": .number(result.percentile99),
            "max": .number(result.greatest),
            "top1_agreement": .number(result.agreement),
            "tokens": .integer(Int64(result.tokens)),
        ]
        try StandardOutput.writeLine(value.serialized())
    }

    private func betweenFiles(vocabulary: Int) throws -> Divergence {
        try evaluation.follow("divergence", unit: "positions") { progress in
            try Divergence.between(
                reference: reference, other: other, vocabularySize: vocabulary, progress: progress)
        }
    }

    private func betweenModels() throws -> Divergence {
        let file = file ?? TextInput.standardInput
        let text = try TextInput.read(file)
        let loaded = try (LoadedModel(reference, reading), LoadedModel(other, reading))
        let longest = min(loaded.0.model.configuration.contextLength, loaded.1.model.configuration.contextLength)
        let window = context ?? min(EvalPerplexityCommand.standardContext, longest)
        evaluation.noteContext(window, of: loaded.0.model, loaded.1.model)
        let left = try evaluation.model(loaded.0.model, loaded.0.tokenizer, contextLength: window)
        let right = try evaluation.model(
            loaded.1.model, loaded.1.tokenizer, contextLength: window, beside: left, kvType: otherKVType)
        return try evaluation.follow("divergence", on: file) { progress in
            try Divergence.between(
                reference: left, other: right, text: text, window: window, windowCountMax: windows, progress: progress)
        }
    }
}
