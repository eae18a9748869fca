/// The Kullback-Leibler divergence of a model's predictions from those of a reference, D(reference ‖ other) in nats a token:
/// what an encoding of the weights costs, seen in the whole distribution rather than in one text's probability.
public struct Divergence: Sendable, Equatable {
    public let mean: Double
    /// Of the mean, as if tokens were independent; nil for one alone.
    public let standardError: Double?
    /// What 99 of 100 positions do not exceed (nearest rank).
    public let percentile99: Double
    /// The greatest of any position.
    public let greatest: Double
    /// Share of positions at which both find the same token most probable.
    public let agreement: Double
    public let tokens: Int
    /// What each window of a text added, in order; of files all in one.
    public let parts: [Part]

    /// What one window added.
    public struct Part: Sendable, Equatable {
        /// Divergences of its positions added up, in nats.
        public let nats: Double
        /// Positions at which both find the same token most probable.
        public let agreements: Int
        public let tokens: Int
    }
}
