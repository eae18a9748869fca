/// How well a model predicts a text.
public struct PerplexityResult: Sendable, Equatable {
    /// The exponential of the mean negative logarithmic probability of a token.
    public let perplexity: Double
    /// Of the perplexity, from that of the mean as if tokens were independent; nil for one alone.
    public let standardError: Double?
    /// Information in the scored tokens by the bytes that they stand for; comparable between tokenizers.
    public let bitsPerByte: Double
    public let tokensScored: Int
    /// Windows run.
    public let windows: Int
    /// Tokens of the longest window, a beginning-of-text token included: fewer than asked for where the text has fewer.
    public let windowTokensMax: Int
    /// What each window scored, in order: tokens of one text are not independent, whole windows nearly are.
    public let parts: [Part]

    /// What one window scored.
    public struct Part: Sendable, Equatable {
        /// Negative logarithmic probabilities added up, in nats.
        public let nats: Double
        public let tokens: Int
        /// Bytes of text that the tokens stand for.
        public let bytes: Int
    }
}
