/// What a model makes of a text that was given.
public struct TextScore: Sendable, Equatable {
    /// The mean of the logarithmic probabilities of its tokens, in nats.
    public let mean: Double
    /// The share of its tokens that are the most probable ones, 0 … 1.
    public let agreement: Double

    public init(mean: Double, agreement: Double) { (self.mean, self.agreement) = (mean, agreement) }
}
