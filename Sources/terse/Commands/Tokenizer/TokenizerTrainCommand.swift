import ArgumentParser
import TerseFormats
import TerseJSON
import TerseTensor
import TerseTokenizer
import TerseTraining

/// `terse tokenizer train`: a byte-level BPE from text files.
struct TokenizerTrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Learn a byte-level BPE from text files and write it as tokenizer.json.",
        discussion: """
            A FILE is text or, named .jsonl, a JSON object with "text" on each line; of a directory, all files named .txt,
            .md, .text and .jsonl, but the log.jsonl of a training run. The result depends on the text alone, not on the
            threads, and equals that of Hugging Face's trainer. OUT appears when it is complete.

            Example:
              terse tokenizer train books/ --vocabulary 8192 --output tokenizer.json
            """)

    @Argument(help: "Text files and directories.")
    var files: [String]

    @Option(name: .shortAndLong, help: ArgumentHelp("The tokenizer.json to write.", valueName: "OUT"))
    var output: String

    @Option(help: ArgumentHelp("Tokens, the 256 bytes and the special ones included.", valueName: "N"))
    var vocabulary = 8192

    @Option(
        help: ArgumentHelp(
            "How text is cut before merging, by its name in GGUF: gpt-2, llama-bpe, qwen2, …", valueName: "NAME"))
    var pre = "gpt-2"

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The special token that begins and ends a text.", valueName: "TOKEN"))
    var endOfText = "<|endoftext|>"

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("A further special token; may be repeated.", valueName: "TOKEN"))
    var special: [String] = []

    @Option(help: ArgumentHelp("Occurrences that make a pair worth a token.", valueName: "N"))
    var minCount = 2

    @Flag(help: "Print what was learned as JSON.")
    var json = false

    @OptionGroup var compute: ThreadOptions

    func validate() throws {
        // The bytes, the end of text and the other special tokens.
        let least = 256 + 1 + special.count
        try Self.check("--vocabulary", vocabulary, from: least, to: BytePairTrainer.vocabularySizeMax)
        try Self.check("--min-count", minCount, from: 1)
        guard NamedPreTokenizer.names.contains(pre) else {
            throw ValidationError(
                "--pre must be one of \(NamedPreTokenizer.names.joined(separator: ", ")); found \(pre)")
        }
    }

    func run() throws {
        let corpus = try TextCorpus(files)
        let trainer = BytePairTrainer(
            vocabularySize: vocabulary, specialTokens: [endOfText] + special, countMin: minCount)
        let training = TokenizerTraining(trainer: trainer, preTokenizer: pre, endOfText: endOfText)
        let file = try OutputFile(path: output)  // Before the work, which would be lost.
        guard let definition = try train(training, on: corpus) else { throw Interruption() }
        try TokenizerJSONWriter(definition).write(to: file)
        if json {
            let report: JSONValue = [
                "path": .string(output), "vocabulary": .integer(Int64(definition.tokens.count)),
                "text_bytes": .integer(Int64(corpus.byteCount)),
            ]
            return try StandardOutput.writeLine(report.serialized())
        }
        if definition.tokens.count < vocabulary {
            StandardError.writeLine(
                "note: the text holds no more pairs that occur \(minCount) times: \(definition.tokens.count) tokens instead of \(vocabulary)"
            )
        }
        StandardError.writeLine("wrote \(output.printable): \(definition.tokens.count) tokens")
    }

    private func train(_ training: TokenizerTraining, on corpus: TextCorpus) throws -> TokenizerDefinition? {
        let counting = ProgressBar("counting", total: corpus.byteCount, unit: .bytes)
        let learning = ProgressBar("learning", total: vocabulary, unit: .items("tokens"))
        do {
            let definition = try training.train(on: corpus, team: ThreadTeam(threads: compute.threads)) { progress in
                switch progress {
                case .counted(let bytes): counting.report(bytes)
                case .learned(let tokens):
                    counting.finish()
                    learning.report(tokens)
                }
                return !Interrupts.requested
            }
            guard let definition else {
                learning.abandon()
                return nil
            }
            counting.finish()
            learning.report(definition.tokens.count)  // Where the bytes are all that is wanted, nothing was.
            learning.finish()
            return definition
        } catch {
            counting.abandon()
            learning.abandon()
            throw error
        }
    }
}
