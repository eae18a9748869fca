/// What is wrong with a plan, or with what was asked of a rollout.
public struct RolloutError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
