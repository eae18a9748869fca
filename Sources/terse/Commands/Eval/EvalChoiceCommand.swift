import ArgumentParser
import TerseEvaluation
import TerseJSON

/// `terse eval choice`: multiple choice, as lm-evaluation-harness scores it.
struct EvalChoiceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "choice",
        abstract: "Measure how often a model finds the right answer.",
        discussion: """
            acc takes the most probable answer, acc_norm the most probable for its length in characters, both as
            lm-evaluation-harness defines them. Compressed data (.bz2) is read as it is.

            Examples:
              terse eval choice model.gguf --task hellaswag --file hellaswag_val_full.txt --limit 400
              terse eval choice model.gguf --task piqa --file valid.jsonl --labels valid-labels.lst --json
            """)

    @OptionGroup var source: ModelOptions

    @Option(help: "hellaswag, piqa or arc.")
    var task: ChoiceTask

    @Option(help: ArgumentHelp("The benchmark's data file.", valueName: "F"))
    var file: String

    @Option(help: ArgumentHelp("PIQA's right answers (default: found by the data file's name).", valueName: "F"))
    var labels: String?

    @Option(help: ArgumentHelp("Ask at most N questions.", valueName: "N"))
    var limit: Int?

    @Option(help: ArgumentHelp("The longest question with its answer, in tokens.", valueName: "N"))
    var context: Int?

    @OptionGroup var evaluation: EvaluationOptions

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        try Self.check("--limit", limit, from: 1)
        try Self.check("--context", context, from: 1)
    }

    func run() throws {
        let items = try task.items(path: file, labels: labels)
        let loaded = try LoadedModel(source)
        evaluation.noteContext(context, of: loaded.model)
        let model = try evaluation.model(loaded.model, loaded.tokenizer, contextLength: context)
        let measure = ChoiceEvaluation(itemCountMax: limit)
        let result = try evaluation.follow(task.rawValue, unit: "questions") { progress in
            try measure.measure(items, with: model, progress: progress)
        }
        guard json else {
            return try StandardOutput.writeLine(
                "\(task.rawValue): acc \(Quantity.decimals(result.accuracy, 4)) "
                    + "\(Quantity.uncertainty(result.accuracyStandardError, 4)), "
                    + "acc_norm \(Quantity.decimals(result.normalizedAccuracy, 4)) "
                    + "\(Quantity.uncertainty(result.normalizedAccuracyStandardError, 4)), \(result.items) questions")
        }
        let value: JSONValue = [
            "task": .string(task.rawValue),
            "items": .integer(Int64(result.items)),
            "acc": .number(result.accuracy),
            "acc_stderr": result.accuracyStandardError.map { .number($0) } ?? .null,
            "acc_norm": .number(result.normalizedAccuracy),
            "acc_norm_stderr": result.normalizedAccuracyStandardError.map { .number($0) } ?? .null,
        ]
        try StandardOutput.writeLine(value.serialized())
    }
}

extension ChoiceTask: ExpressibleByArgument {}
