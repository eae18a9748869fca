/// What a rollout wants done.
public enum RolloutAction: Sendable, Equatable {
    /// Give the candidate this share of conversations, and as many to the control group.
    case split(weight: Double)
    /// Serve everything with the candidate.
    case promote
    /// Serve everything with the variant that was live.
    case rollBack(reason: String)
    /// Send requests that are recorded or made up to both, so many each: traffic is too little.
    case probe(pairs: Int)
    /// Tell somebody: nothing goes on until it is resumed.
    case pause(reason: String)
}
