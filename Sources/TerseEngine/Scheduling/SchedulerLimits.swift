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
    /// Of the prompt tokens of a step that cannot hold all prompts under way, one in so many belongs to the one that began
    /// first, and no more: a step that others do not fill up brings theirs in sooner.
    public var firstPromptShare = 8
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

    /// Whether more may wait: some requests of one owner, all of them or none.
    /// - Parameter wasAccepted: whether it was taken before, by an engine that is gone: then neither shares nor those who came
    ///   meanwhile keep it out.
    /// - Throws: `EngineError`: `busy`; `badRequest` for what no queue of these limits ever has room for.
    func checkQueue(
        _ load: QueueLoad, adding more: QueueLoad.Amount, of tenant: UInt32, wasAccepted: Bool = false,
        retryAfter: Duration
    ) throws(EngineError) {
        let factor = wasAccepted ? Self.acceptedFactor : 1
        // What was accepted has grown by the tokens that were generated since.
        guard more.requests <= waitingMax * factor, more.tokens <= waitingTokensMax * factor else {
            throw EngineError(
                .badRequest,
                "\(more.requests) texts of \(more.tokens) tokens: expected at most \(waitingMax) of \(waitingTokensMax), "
                    + "which may wait")
        }
        let (all, own) = (load.all, load.amount(of: tenant))
        let places = waitingMax * factor - all.requests - more.requests
        let room = waitingTokensMax * factor - all.tokens - more.tokens
        guard places >= 0, room >= 0 else {
            throw EngineError(
                .busy, "\(all.requests) requests of \(all.tokens) tokens wait already", retryAfter: retryAfter)
        }
        guard !wasAccepted, tenant != Submission.nobody, own.requests > 0 else { return }
        guard own.requests + more.requests <= Self.waitingPerPlaceLeft * places,
            own.tokens + more.tokens <= Self.waitingPerPlaceLeft * room
        else {
            throw EngineError(
                .busy,
                "\(own.requests) requests of \(own.tokens) tokens of one owner wait already, what is left is for others",
                retryAfter: retryAfter)
        }
    }

    /// An owner who has requests waiting may have so many for each place that it leaves in the queue, and so many tokens for
    /// each that it leaves: one alone comes to four fifths, and however many ask without end, who has nothing waiting finds
    /// room.
    static let waitingPerPlaceLeft = 4
    /// For requests that were taken before, the queue is so many times as long: those that ran come again with those that
    /// waited.
    static let acceptedFactor = 2
    public static let agingIntervalMin = Duration.milliseconds(1)
    public static let prioritySpan = -100...100
    /// The most owners of requests whose use is remembered.
    public static let tenantsMax = 4096
}
