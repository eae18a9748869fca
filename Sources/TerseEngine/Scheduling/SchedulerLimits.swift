/// What a scheduler may do in a step and how much it lets wait.
public struct SchedulerLimits: Sendable, Equatable {
    /// The most tokens of a step. A longer step does more for each byte of weights read, and keeps streams waiting longer.
    public var stepTokens = 128
    /// The most requests that hold blocks.
    public var runningMax = 64
    /// The most requests that wait; one more is refused.
    public var waitingMax = 1024
    /// The most tokens of all waiting prompts together.
    public var waitingTokensMax = 1 << 22
    /// What a request waits until it counts as one priority more urgent, so that none waits for ever.
    public var agingInterval = Duration.seconds(2)
    /// Of the prompt tokens of a step, one in so many belongs to the prompt that began first, however short others are.
    public var firstPromptShare = 4

    public init() {}

    public static let prioritySpan = -100...100
    /// The most owners of requests whose use is remembered.
    public static let tenantsMax = 4096
}
