/// The losses of rows that a teacher has judged, unweighted, in nats.
struct DistillationLosses: Sendable, Equatable {
    /// Sums over rows.
    var forward = 0.0
    var reverse = 0.0
    /// Sum over windows of the mean over relation heads and tokens, queries, keys and values together.
    var attention = 0.0

    static func += (sum: inout DistillationLosses, more: DistillationLosses) {
        sum.forward += more.forward
        sum.reverse += more.reverse
        sum.attention += more.attention
    }
}

/// The losses of a step that a teacher has judged, unweighted; nil where nothing is learned of logits, or of attention.
public struct DistillationMeans: Sendable, Equatable {
    /// Nats for each token, at the temperature of the recipe.
    public var forward: Double?
    public var reverse: Double?
    /// Nats for each relation head and token, queries, keys and values together.
    public var attention: Double?

    public init(forward: Double?, reverse: Double?, attention: Double?) {
        self.forward = forward
        self.reverse = reverse
        self.attention = attention
    }

    init(_ sums: DistillationLosses, _ weights: DistillationWeights, tokens: Int, windows: Int) {
        self.init(
            forward: weights.usesLogits ? sums.forward / Double(tokens) : nil,
            reverse: weights.usesLogits ? sums.reverse / Double(tokens) : nil,
            attention: weights.attention > 0 ? sums.attention / Double(windows) : nil)
    }
}
