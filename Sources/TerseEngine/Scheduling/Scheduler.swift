import TerseModel

/// Decides what each step of an engine computes: which requests, which of their tokens, in which blocks.
///
/// Generating requests go first, a token each, so that no prompt stalls a stream; prompts share the rest of the step, the
/// shortest first, but a part of it belongs to the one that began first. Who waits is let in by priority, which grows with
/// waiting, then by how little its owner has had, then by age. When blocks run out the request that came in last gives its own
/// back and waits; the one that came in first always goes on, so that every request ends.
///
/// A value without clock, memory or chance: the same calls give the same plans, so that traces can be replayed. A step is
/// `plan`, then `append` for each token that was chosen, then `complete`.
public struct Scheduler: Sendable {
    public let limits: SchedulerLimits
    /// The blocks of the KV cache.
    public internal(set) var ledger: BlockLedger
    var waiting = WaitingQueue()
    /// In the order in which they were first let in.
    var running: [RequestID] = []
    var requests: [RequestID: ScheduledRequest] = [:]
    var nextAdmission: UInt64 = 0
    var rate = AdmissionRate()
    var shares = TenantShares()
    /// How many requests each owner has here.
    private var requestCounts: [UInt32: Int] = [:]
    /// No deadline is earlier; nil when there is none.
    private var nextDeadline: Duration?

    public init(limits: SchedulerLimits, blockCount: Int, blockTokens: Int) {
        precondition(limits.stepTokens > 0 && limits.runningMax > 0 && limits.firstPromptShare > 0)
        precondition(limits.agingInterval > .zero)
        self.limits = limits
        ledger = BlockLedger(blockCount: blockCount, blockTokens: blockTokens)
    }

    public var waitingCount: Int { waiting.count }
    /// Tokens of all that wait.
    public var waitingTokens: Int { waiting.tokenCount }
    public var runningCount: Int { running.count }
    /// Tokens of prompts that were let in and are not computed yet.
    public var unreadTokens: Int {
        running.reduce(0) { sum, id in sum + (requests[id].map { max(0, $0.promptCount - $0.computedCount) } ?? 0) }
    }
    /// Nothing to do.
    public var isIdle: Bool { requests.isEmpty }

    /// Takes a request into the queue, however many wait: whoever takes requests from clients asks `SchedulerLimits.checkQueue`
    /// first, since what was accepted is not refused any more.
    /// - Throws: `EngineError`: `promptTooLong` when the whole cache could not hold it, `badRequest` for an empty prompt, a
    ///   priority out of range or an id in use.
    public mutating func submit(_ submission: Submission, now: Duration) throws(EngineError) {
        try check(submission)
        if requestCounts[submission.tenant] == nil { shares.arrive(submission.tenant, others: requestCounts.keys) }
        requestCounts[submission.tenant, default: 0] += 1
        let request = ScheduledRequest(submission, arrival: now)
        if let deadline = request.deadline { nextDeadline = min(nextDeadline ?? deadline, deadline) }
        waiting.insert(request)
        requests[request.id] = request
    }

    /// Ends a request, wherever it stands; its blocks are free at once. Unknown ids are ignored: it may have ended just now.
    public mutating func end(_ id: RequestID) {
        guard let request = requests[id] else { return }
        releaseBlocks(of: id)
        if !waiting.remove(request) { running.removeAll { $0 == id } }
        let count = (requestCounts[request.tenant] ?? 1) - 1
        requestCounts[request.tenant] = count > 0 ? count : nil
        requests[id] = nil
    }

    /// The work of the next step. `complete` or `abandon` must be told of it before the next plan.
    public mutating func plan(now: Duration) -> StepPlan {
        var plan = StepPlan()
        rate.pass(to: now)
        expire(&plan, now)
        scheduleGenerating(&plan)
        scheduleGuesses(&plan)
        admit(&plan, now: now)
        // The cache may have had all but the last token of who came in again.
        if !plan.admitted.isEmpty { scheduleGenerating(&plan) }
        schedulePrompts(&plan)
        rate.leave(isWaiting: !waiting.isEmpty)
        return plan
    }

    /// A token was chosen for a request whose work chooses: after each step one, and one for each guess that was right.
    public mutating func append(_ token: Int32, to id: RequestID) { requests[id]?.tokens.append(token) }

    /// The step was computed, and what it chose was appended.
    public mutating func complete(_ plan: StepPlan) {
        for work in plan.work {
            guard let request = requests[work.id] else { continue }
            // Of a guess that was wrong, keys and values are in, and will be overwritten.
            let isGuessed = work.draftCount > 0
            requests[work.id]!.computedCount =
                isGuessed ? min(work.positions.upperBound, request.tokens.count - 1) : work.positions.upperBound
            requests[work.id]!.scheduledCount = 0
            requests[work.id]!.draft = []
            publishFullBlocks(of: work.id)
            let isGenerated = work.positions.lowerBound >= request.promptCount
            let cost = UInt64(work.positions.count) * (isGenerated ? TenantShares.generatedTokenCost : 1)
            shares.add(cost, to: request.tenant)
        }
    }

    /// The step was not computed.
    public mutating func abandon(_ plan: StepPlan) {
        for work in plan.work { requests[work.id]?.scheduledCount = 0 }
    }

    /// Guesses at the tokens that follow those of a request which generates, to be tried in the next step if it has room.
    public mutating func propose(_ draft: [Int32], for id: RequestID) { requests[id]?.draft = draft }

    /// Whether a request is in and all but its last token is computed.
    public func isDecoding(_ id: RequestID) -> Bool { requests[id]?.isDecoding ?? false }

    /// Guess `index` at what follows a request's tokens, of those in the step under way.
    public func guess(_ index: Int, of id: RequestID) -> Int32? {
        requests[id].flatMap { index < $0.draft.count ? $0.draft[index] : nil }
    }

    /// The blocks of a running request, in order of their positions.
    public func blocks(of id: RequestID) -> [UInt32] { requests[id]?.blocks ?? [] }

    /// The tokens of a request, prompt and generated.
    public func tokens(of id: RequestID) -> [Int32] { requests[id]?.tokens ?? [] }

    /// The tokens of a step's work, guesses included.
    public func tokens(of work: StepPlan.Work) -> ArraySlice<Int32> {
        guard let request = requests[work.id] else { return [] }
        guard work.draftCount > 0 else { return request.tokens[work.positions] }
        return request.tokens[work.positions.lowerBound...] + request.draft.prefix(work.draftCount)
    }

    /// When to try again what was refused now.
    public func retryAfter(now: Duration) -> Duration { rate.retryAfter(waiting: waiting.count, now: now) }

    /// What is wrong in the account of blocks; nil when nothing.
    public func inconsistency() -> String? {
        var held: [UInt32: Int] = [:]
        for block in requests.values.flatMap(\.blocks) { held[block, default: 0] += 1 }
        return ledger.inconsistency(held: held)
    }

    private mutating func expire(_ plan: inout StepPlan, _ now: Duration) {
        guard let deadline = nextDeadline, deadline <= now else { return }
        nextDeadline = nil
        var late: [RequestID] = []
        for request in requests.values {
            guard let deadline = request.deadline else { continue }
            guard deadline > now else {
                late.append(request.id)
                continue
            }
            nextDeadline = min(nextDeadline ?? deadline, deadline)
        }
        // A dictionary's order is left to chance.
        late.sort()
        for id in late { end(id) }
        plan.expired = late
    }

    private func check(_ submission: Submission) throws(EngineError) {
        guard requests[submission.id] == nil else {
            throw EngineError(.badRequest, "request \(submission.id) is there already")
        }
        guard !submission.prompt.isEmpty, submission.maxTokens >= submission.generated.count else {
            throw EngineError(
                .badRequest,
                "expected a prompt and \(submission.generated.count) or more tokens to generate, found "
                    + "\(submission.prompt.count) and \(submission.maxTokens)")
        }
        guard SchedulerLimits.prioritySpan.contains(submission.priority) else {
            throw EngineError(
                .badRequest, "priority: expected \(SchedulerLimits.prioritySpan), found \(submission.priority)")
        }
        let capacity = ledger.blockCount * ledger.blockTokens
        guard submission.positionsMax <= capacity else {
            throw EngineError(
                .promptTooLong,
                "\(submission.prompt.count) tokens and \(submission.maxTokens) to generate do not fit a KV cache of "
                    + "\(capacity)")
        }
    }
}
