/// The newest of what concerns a model's rollouts.
public struct RolloutMark: Sendable, Equatable {
    /// The newest event of any of them; 0: none.
    public let event: Int64
    /// The newest move of production; 0: none.
    public let move: Int64
}
