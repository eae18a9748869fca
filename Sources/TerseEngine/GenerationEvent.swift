/// What happens during a generation, in order.
public enum GenerationEvent: Sendable, Equatable {
    /// So many tokens of the prompt are in the cache.
    case prompt(processed: Int, total: Int)
    /// The mean of the prompt's final hidden states, [hidden], of length 1, if the request asks for it.
    case embedding([Float])
    /// What the model makes of the prompt's tokens from where the request asks for it.
    case score(TextScore)
    /// Tokens that were chosen, before the text that they give, if the request asks for them: part of that may be held back.
    case tokens([GeneratedToken])
    /// More text, never half a character, never part of a stop string.
    case text(String)
    /// The end.
    case finished(GenerationSummary)
}
