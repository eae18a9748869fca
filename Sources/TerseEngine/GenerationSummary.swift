/// How a generation went.
public struct GenerationSummary: Sendable, Equatable {
    /// Why it ended.
    public enum Reason: Sendable, Equatable {
        /// The model chose an end-of-text token.
        case endOfText
        case stopString(String)
        case maxTokens
        case contextFull
        /// The time that the request was given is over.
        case deadline
        case cancelled
    }

    public let reason: Reason
    /// The chosen tokens, the one that ended it included.
    public let tokens: [Int32]
    /// Tokens of the prompt.
    public let promptTokens: Int
    /// How many of them were in the cache already.
    public let reusedTokens: Int
    /// What chance started from.
    public let seed: UInt64
    /// From when it was submitted until it was let in, or ended before.
    public let queueDuration: Duration
    /// From there until the prompt was in.
    public let promptDuration: Duration
    /// From when it was submitted until the first token was chosen; nil when there was none.
    public let timeToFirstToken: Duration?
    /// From the first token until the end.
    public let generationDuration: Duration

    /// Rate of prompt processing, of tokens that were not in the cache.
    public var promptTokensPerSecond: Double { Self.rate(promptTokens - reusedTokens, promptDuration) }

    /// Rate of generation; the first token counts to the prompt.
    public var generatedTokensPerSecond: Double { Self.rate(tokens.count - 1, generationDuration) }

    /// Of a generation of whose end nothing was told.
    public static let untold = GenerationSummary(
        reason: .cancelled, tokens: [], promptTokens: 0, reusedTokens: 0, seed: 0, queueDuration: .zero,
        promptDuration: .zero, timeToFirstToken: nil, generationDuration: .zero)

    private static func rate(_ count: Int, _ duration: Duration) -> Double {
        let seconds = duration / .seconds(1)
        return count > 0 && seconds > 0 ? Double(count) / seconds : 0
    }
}
