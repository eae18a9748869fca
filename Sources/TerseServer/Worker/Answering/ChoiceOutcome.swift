import TerseEngine

/// How a choice of an answer ended.
struct ChoiceOutcome: Sendable {
    let summary: GenerationSummary
    /// Of an answer that ended before the model's text did: the tokens that it was made of.
    let answerTokens: Int?

    /// Tokens that were generated for the answer. The model may have gone on for a while behind its end.
    var tokenCount: Int { answerTokens ?? summary.tokens.count }

    /// Whether it came to its own end.
    var isWhole: Bool { answerTokens != nil || summary.reason != .cancelled }
}
