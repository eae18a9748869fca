import ArgumentParser

/// `terse eval`: how good a model is.
struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Measure a model's quality.",
        discussion: """
            Examples:
              terse eval perplexity model.gguf --file text.txt
              terse eval choice model.gguf --task hellaswag --file hellaswag_val_full.txt
              terse eval divergence model-f16.gguf model-q4_0.gguf --file text.txt
              terse eval logits model.gguf --tokens "1 2 3" --output logits.f32
            """,
        subcommands: [
            EvalPerplexityCommand.self, EvalChoiceCommand.self, EvalDivergenceCommand.self, EvalLogitsCommand.self,
        ])
}
