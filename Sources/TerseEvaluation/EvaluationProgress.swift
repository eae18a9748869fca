/// How far an evaluation is; the receiver says whether it should go on.
public struct EvaluationProgress: Sendable {
    /// Units (windows, items, tokens) done.
    public let done: Int
    /// Units in all.
    public let total: Int
    /// The figure as it stands: perplexity, or accuracy.
    public let current: Double

    /// What an evaluation calls after each unit; returning false stops it.
    public typealias Handler = (EvaluationProgress) -> Bool
}
