/// How much each loss of a distillation counts; what is 0 is not computed.
public struct DistillationWeights: Sendable, Equatable {
    /// Of the tokens that follow, as without a teacher.
    public var crossEntropy = 1.0
    /// KL(teacher ‖ student) of the next token, times the square of the temperature (arXiv:1503.02531).
    public var forward = 1.0
    /// KL(student ‖ teacher) of the next token, likewise (arXiv:2306.08543, arXiv:2306.13649).
    public var reverse = 0.0
    /// Of the relations of queries, of keys and of values among the tokens of a window (arXiv:2012.15828).
    public var attention = 0.0
    /// By which the logits of both are divided for the divergences.
    public var temperature = 1.0

    /// Cross-entropy and forward divergence in equal parts.
    public init() {}

    /// Whether the teacher's logits are asked for.
    var usesLogits: Bool { forward > 0 || reverse > 0 }
}

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

/// The losses of a step that a teacher has judged, unweighted; nil where nothing is learned of the kind.
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
