import ArgumentParser

/// `terse tokenizer`: make tokenizers.
struct TokenizerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer",
        abstract: "Learn a tokenizer from text.",
        subcommands: [TokenizerTrainCommand.self])
}
