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
    /// Guesses are computed as long as a step has fewer tokens than this: while it reads weights rather than computes.
    public var draftStepTokens = 8

    public init() {}

    /// - Throws: `EngineError` (`badRequest`) for limits that are out of range or contradict each other.
    public func validate() throws(EngineError) {
        for (name, value) in [
            ("tokens of a step", stepTokens), ("running requests", runningMax), ("waiting requests", waitingMax),
            ("waiting tokens", waitingTokensMax), ("share of the first prompt", firstPromptShare),
        ] where value < 1 {
            throw EngineError(.badRequest, "\(name): expected 1 or more, found \(value)")
        }
        guard runningMax <= stepTokens else {
            throw EngineError(
                .badRequest,
                "running requests: expected at most the \(stepTokens) tokens of a step, found \(runningMax)")
        }
        guard agingInterval >= Self.agingIntervalMin else {
            throw EngineError(
                .badRequest, "aging interval: expected at least \(Self.agingIntervalMin), found \(agingInterval)")
        }
    }

    /// Whether one more request may wait.
    /// - Throws: `EngineError` (`busy`).
    func checkQueue(waiting: Int, tokens: Int, adding: Int, retryAfter: Duration) throws(EngineError) {
        guard waiting < waitingMax, tokens <= waitingTokensMax - adding else {
            throw EngineError(
                .busy, "\(waiting) requests of \(tokens) tokens wait already", retryAfter: retryAfter)
        }
    }

    public static let agingIntervalMin = Duration.milliseconds(1)
    public static let prioritySpan = -100...100
    /// The most owners of requests whose use is remembered.
    public static let tenantsMax = 4096
}
