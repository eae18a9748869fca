/// What is wrong with a plan, or with what was asked of a rollout.
public struct RolloutError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was expected, and what was found.
    public let message: String
    /// The keys of a plan, as its file names them, that are wrong or contradict each other; none: no plan's.
    public let keys: [String]

    init(_ message: String, keys: String...) { (self.message, self.keys) = (message, keys) }

    public var description: String { keys.first.map { "\($0): \(message)" } ?? message }
}
