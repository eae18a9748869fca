/// What an engine is doing and has done since it was started.
public struct EngineStatistics: Sendable, Equatable {
    /// Requests that hold blocks.
    public internal(set) var running = 0
    /// Of the prompts of those, tokens that are not computed yet.
    public internal(set) var unreadTokens = 0
    /// What waits.
    var load = QueueLoad()
    /// Blocks of the KV cache.
    public internal(set) var blocks = 0
    /// Tokens that a block holds.
    var blockTokens = 0
    /// Of the blocks, in use.
    public internal(set) var heldBlocks = 0
    /// Kept for requests that begin with what they hold.
    public internal(set) var keptBlocks = 0

    /// Steps computed.
    public internal(set) var steps = 0
    /// Tokens computed, guesses and what was computed again included.
    public internal(set) var computedTokens = 0
    /// Tokens that the cache had of requests that were let in.
    public internal(set) var reusedTokens = 0
    /// Tokens of requests that were let in for the first time: prompts.
    public internal(set) var promptTokens = 0
    /// Tokens chosen.
    public internal(set) var generatedTokens = 0
    /// How often a request lost its blocks to others.
    public internal(set) var preemptions = 0
    /// How often guesses were checked, how many were computed, and those that were right.
    public internal(set) var drafts = 0
    public internal(set) var guesses = 0
    public internal(set) var acceptedGuesses = 0
    /// Passes of the draft model.
    public internal(set) var draftPasses = 0
    /// Requests that were refused because too many waited.
    public internal(set) var refusals = 0
    /// Requests that failed because logits or hidden states were not finite numbers.
    public internal(set) var notFiniteFailures = 0
    /// Requests that ended, for whatever reason.
    public internal(set) var ended = 0

    /// Requests that wait, those that lost their blocks included.
    public var waiting: Int { load.all.requests }
    /// Tokens of those.
    public var waitingTokens: Int { load.all.tokens }
    /// For how many tokens more there is room in the KV cache; nil while there is no engine.
    public var freeTokens: Int? { blocks > 0 ? (blocks - heldBlocks) * blockTokens : nil }

    mutating func count(_ plan: StepPlan) {
        if !plan.work.isEmpty { steps += 1 }
        computedTokens += plan.tokenCount
        preemptions += plan.preempted.count
        drafts += plan.work.count { $0.draftCount > 0 }
        guesses += plan.work.reduce(0) { $0 + $1.draftCount }
        for admission in plan.admitted { reusedTokens += admission.reusedTokens }
    }

    mutating func observe(_ scheduler: Scheduler) {
        (running, load) = (scheduler.runningCount, scheduler.waiting.load)
        unreadTokens = scheduler.unreadTokens
        (blocks, blockTokens) = (scheduler.ledger.blockCount, scheduler.ledger.blockTokens)
        keptBlocks = scheduler.ledger.keptCount
        heldBlocks = blocks - scheduler.ledger.availableCount
    }
}
