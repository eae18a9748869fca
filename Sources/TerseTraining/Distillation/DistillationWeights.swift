/// How much each loss of a distillation counts. Both divergences are computed where either counts.
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
