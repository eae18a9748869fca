/// How well a model predicts a text.
public struct PerplexityResult: Sendable, Equatable {
    /// The exponential of the mean negative logarithmic probability of a token.
    public let perplexity: Double
    /// Of the perplexity, from that of the mean as if tokens were independent.
    public let standardError: Double
    /// Information in the scored tokens by the bytes that they stand for; comparable between tokenizers.
    public let bitsPerByte: Double
    public let tokensScored: Int
    /// Windows run.
    public let windows: Int
}
