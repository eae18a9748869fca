import ArgumentParser

/// `terse tokenizer`: make tokenizers.
struct TokenizerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer",
        abstract: "Learn a tokenizer from text.",
        discussion: """
            Example:
              terse tokenizer train novel.txt letters.txt --vocabulary 8192 --output tokenizer.json
            """,
        subcommands: [TokenizerTrainCommand.self])
}
