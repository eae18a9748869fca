import ArgumentParser
import TerseEvaluation
import TerseJSON

/// `terse eval perplexity`: how well a model predicts a text.
struct EvalPerplexityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perplexity",
        abstract: "Measure how well a model predicts a text.",
        discussion: """
            Windows slide by half their length unless --stride says otherwise, and every token is scored once. --chunked is
            llama.cpp's protocol: windows side by side, the second half of each scored.

            Examples:
              terse eval perplexity model.gguf --file novel.txt
              terse eval perplexity model.gguf --file wiki.txt --context 512 --chunked --json
            """)

    @OptionGroup var source: ModelOptions

    @Option(help: ArgumentHelp("The text, a UTF-8 file; - is standard input.", valueName: "F"))
    var file: String

    @Option(help: ArgumentHelp("Tokens in a window (default: 512, or the model's context if shorter).", valueName: "N"))
    var context: Int?

    @Option(help: ArgumentHelp("Tokens between the beginnings of windows (default: half a window).", valueName: "N"))
    var stride: Int?

    @Flag(help: "llama.cpp's protocol.")
    var chunked = false

    @Option(help: ArgumentHelp("Run at most N windows.", valueName: "N"))
    var windows: Int?

    @OptionGroup var evaluation: EvaluationOptions

    @Flag(help: "Print the result as JSON.")
    var json = false

    static let standardContext = 512

    func validate() throws {
        if chunked && stride != nil { throw ValidationError("--stride is for sliding windows, --chunked has none") }
        try Self.check("--context", context, from: Perplexity.windowMin)
        try Self.check("--stride", stride, from: 1)
        try Self.check("--windows", windows, from: 1)
    }

    func run() throws {
        let text = try TextInput.read(file)
        let loaded = try LoadedModel(source)
        let window = context ?? min(Self.standardContext, loaded.model.configuration.contextLength)
        evaluation.noteContext(window, of: loaded.model)
        let model = try evaluation.model(loaded.model, loaded.tokenizer, contextLength: window)
        var measure = Perplexity(window: window, scoring: chunked ? .chunked : .sliding(stride: stride))
        measure.windowCountMax = windows
        let result = try evaluation.follow("perplexity", on: file) { progress in
            try measure.measure(text, with: model, progress: progress)
        }
        guard json else {
            let windows = result.windows == 1 ? "1 window" : "\(result.windows) windows"
            return try StandardOutput.writeLine(
                "perplexity \(Quantity.decimals(result.perplexity, 4)) "
                    + "\(Quantity.uncertainty(result.standardError, 4)), "
                    + "\(Quantity.decimals(result.bitsPerByte, 4)) bits per byte, "
                    + "\(result.tokensScored) tokens scored in \(windows) of \(result.windowTokensMax)")
        }
        let value: JSONValue = [
            "perplexity": .number(result.perplexity),
            "standard_error": result.standardError.map { .number($0) } ?? .null,
            "bits_per_byte": .number(result.bitsPerByte),
            "tokens_scored": .integer(Int64(result.tokensScored)),
            "windows": .integer(Int64(result.windows)),
            "context_length": .integer(Int64(result.windowTokensMax)),
        ]
        try StandardOutput.writeLine(value.serialized())
    }
}
