import ArgumentParser
import TerseEvaluation
import TerseModel

/// `terse eval logits`: a model's raw output, for comparison with other programs.
struct EvalLogitsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logits",
        abstract: "Write the logits of every position of a sequence of tokens.",
        discussion: """
            The file holds float32 values, little-endian, [tokens, vocabulary], position by position.

            Example:
              terse eval logits model.gguf --tokens "1 9038 2501" --output logits.f32
            """)

    @Argument(help: ModelOptions.help)
    var model: String

    @OptionGroup var packing: PackingOption

    @Option(help: ArgumentHelp("Token ids with spaces or commas between them.", valueName: "IDS"))
    var tokens: TokenList

    @Option(help: ArgumentHelp("The file to write.", valueName: "FILE"))
    var output: String

    @OptionGroup var evaluation: EvaluationOptions

    func run() throws {
        let loaded = try LoadedModel.model(packing.open(model))
        evaluation.noteContext(tokens.ids.count, of: loaded)
        let model = try evaluation.model(loaded, nil, contextLength: tokens.ids.count)
        try evaluation.follow("logits", unit: "tokens") { progress in
            try LogitsFile.write(tokens.ids, to: output, with: model, progress: progress)
        }
    }
}

/// Token ids as `terse tokenize` prints them.
struct TokenList: ExpressibleByArgument {
    let ids: [Int32]

    init?(argument: String) {
        let parts = argument.split(whereSeparator: { " ,\n\t".contains($0) })
        ids = parts.compactMap { Int32($0) }
        guard !ids.isEmpty, ids.count == parts.count, ids.allSatisfy({ $0 >= 0 }) else { return nil }
    }
}
