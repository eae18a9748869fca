import ArgumentParser
import TerseFormats
import TerseJSON
import TerseTokenizer

/// `terse tokenize`: text to token ids.
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Print the token ids of texts.",
        discussion: """
            Prints ids with spaces between, a line for each input: each --file in turn, then TEXT. Without either, reads
            standard input. Text that spells a special token is text unless --special is given.

            Examples:
              terse tokenize model.gguf "Hello, world"
              terse tokenize tokenizer.json --file novel.txt --json
              echo -n "Hello" | terse tokenize model.gguf --bos
            """)

    @Argument(
        help:
            "A GGUF file (a vocabulary alone is enough), tokenizer.json, SentencePiece or tiktoken .model, or Hugging Face directory."
    )
    var model: String

    @Argument(help: "Text to tokenize; behind -- if it begins with a dash.")
    var text: String?

    @Option(
        name: .customLong("file"), parsing: .singleValue,
        help: ArgumentHelp("A file to tokenize as one text; may be repeated. - is standard input.", valueName: "F"))
    var files: [String] = []

    @Flag(help: "Text that spells a special token becomes that token.")
    var special = false

    @Flag(help: "Begin each text with the beginning-of-text token.")
    var bos = false

    @Flag(help: #"Print {"tokens":[…]}, a line for each input."#)
    var json = false

    func run() throws {
        let tokenizer = try Tokenizer(TokenizerFile.open(ModelPath.resolve(model)))
        if bos, tokenizer.bosID == nil {
            throw CommandError("\(model): --bos was asked for, but the tokenizer has no beginning-of-text token")
        }
        for file in files { try emit(TextInput.read(file), tokenizer) }
        if let text { try emit(text, tokenizer) }
        if files.isEmpty && text == nil { try emit(TextInput.read(TextInput.standardInput), tokenizer) }
    }

    private func emit(_ text: String, _ tokenizer: Tokenizer) throws {
        let ids = tokenizer.encode(text, addSpecial: false, parseSpecial: special, forceBOS: bos)
        guard !json else {
            let value: JSONValue = ["tokens": .array(ids.map { .integer(Int64($0)) })]
            return try StandardOutput.writeLine(value.serialized())
        }
        try StandardOutput.writeLine(ids.map(String.init).joined(separator: " "))
    }
}
