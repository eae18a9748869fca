/// What happens during a generation, in order.
public enum GenerationEvent: Sendable, Equatable {
    /// So many tokens of the prompt are in the cache.
    case prompt(processed: Int, total: Int)
    /// More text, never half a character, never part of a stop string.
    case text(String)
    /// The end.
    case finished(GenerationSummary)
}
