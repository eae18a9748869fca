import TerseModel

/// Decides what each step of an engine computes: which requests, which of their tokens, in which blocks.
///
/// Generating requests go first, a token each, so that no prompt stalls a stream; prompts share the rest of the step, the
/// shortest first, but a part of it belongs to the one that began first. Who waits is let in by priority, which grows with
/// waiting, then by how little its owner has had, then by age. When blocks run out the request that came in last gives its own
/// back and waits; the one that came in first always goes on, so that every request ends.
///
/// A value without clock, memory or chance: the same calls give the same plans, so that traces can be replayed.
public struct Scheduler: Sendable {
    public let limits: SchedulerLimits
    /// The blocks of the KV cache.
    public private(set) var ledger: BlockLedger
    private var waiting: [RequestID] = []
    private var running: [RequestID] = []
    private var requests: [RequestID: ScheduledRequest] = [:]
    private var shares = TenantShares()
    private var waitingTokens = 0
    private var nextAdmission: UInt64 = 0

    public init(limits: SchedulerLimits, blockCount: Int, blockTokens: Int) {
        precondition(limits.stepTokens > 0 && limits.runningMax > 0 && limits.firstPromptShare > 0)
        precondition(limits.agingInterval > .zero)
        self.limits = limits
        ledger = BlockLedger(blockCount: blockCount, blockTokens: blockTokens)
    }

    public var waitingCount: Int { waiting.count }
    public var runningCount: Int { running.count }
    /// Nothing to do.
    public var isIdle: Bool { requests.isEmpty }

    /// A request to be scheduled.
    public struct Submission: Sendable {
        public let id: RequestID
        /// Whose it is, for fair shares; also who may share cached tokens with it.
        public var tenant: UInt32 = 0
        /// Greater is more urgent.
        public var priority = 0
        public let prompt: [Int32]
        /// The most tokens generated.
        public let maxTokens: Int
        /// By when it must have ended, on the clock of `now`.
        public var deadline: Duration?

        public init(id: RequestID, prompt: [Int32], maxTokens: Int) {
            self.id = id
            self.prompt = prompt
            self.maxTokens = maxTokens
        }
    }

    /// Takes a request into the queue.
    /// - Throws: `EngineError`: `busy` when the queue is full, `promptTooLong` when the whole cache could not hold it,
    ///   `badRequest` for an empty prompt, a priority out of range or an id in use.
    public mutating func submit(_ submission: Submission, now: Duration) throws(EngineError) {
        try check(submission)
        if !requests.values.contains(where: { $0.tenant == submission.tenant }) {
            shares.arrive(submission.tenant, others: requests.values.lazy.map(\.tenant))
        }
        requests[submission.id] = ScheduledRequest(
            id: submission.id, tenant: submission.tenant, priority: submission.priority, arrival: now,
            deadline: submission.deadline, tokens: submission.prompt,
            tokensMax: submission.prompt.count + submission.maxTokens, promptCount: submission.prompt.count,
            content: .start(of: submission.tenant))
        waiting.append(submission.id)
        waitingTokens += submission.prompt.count
    }

    /// Ends a request, wherever it stands; its blocks are free at once. Unknown ids are ignored: it may have ended just now.
    public mutating func end(_ id: RequestID) {
        guard let request = requests[id] else { return }
        releaseBlocks(of: id)
        if let place = waiting.firstIndex(of: id) {
            waiting.remove(at: place)
            waitingTokens -= request.tokens.count
        }
        running.removeAll { $0 == id }
        requests[id] = nil
    }

    /// The work of the next step. `complete` must be told of it before the next plan.
    public mutating func plan(now: Duration) -> StepPlan {
        var plan = StepPlan()
        for id in (waiting + running) where requests[id]?.deadline.map({ $0 <= now }) ?? false {
            plan.expired.append(id)
            end(id)
        }
        scheduleGenerating(&plan)
        schedulePrompts(&plan)
        admit(&plan, now: now)
        scheduleGenerating(&plan)  // The cache may have had all but the last token of who came in again.
        schedulePrompts(&plan)
        return plan
    }

    /// The step was computed.
    /// - Parameter chosen: the token chosen for each request whose work `choosesNext`; a request without one must be ended.
    public mutating func complete(_ plan: StepPlan, chosen: [RequestID: Int32]) {
        for work in plan.work {
            guard var request = requests[work.id] else { continue }
            request.computedCount = work.positions.upperBound
            request.scheduledCount = 0
            publishFullBlocks(of: &request)
            let isGenerated = work.positions.lowerBound >= request.promptCount
            let cost = UInt64(work.positions.count) * (isGenerated ? TenantShares.generatedTokenCost : 1)
            shares.add(cost, to: request.tenant)
            if work.choosesNext, let token = chosen[work.id] { request.tokens.append(token) }
            requests[work.id] = request
        }
    }

    /// The blocks of a running request, in order of their positions.
    public func blocks(of id: RequestID) -> [UInt32] { requests[id]?.blocks ?? [] }

    /// The tokens of a request, prompt and generated.
    public func tokens(of id: RequestID) -> [Int32] { requests[id]?.tokens ?? [] }

    /// What is wrong in the account of blocks; nil when nothing.
    public func inconsistency() -> String? {
        var held: [UInt32: Int] = [:]
        for block in requests.values.flatMap(\.blocks) { held[block, default: 0] += 1 }
        return ledger.inconsistency(held: held)
    }

    private func check(_ submission: Submission) throws(EngineError) {
        guard requests[submission.id] == nil else {
            throw EngineError(.badRequest, "request \(submission.id) is there already")
        }
        guard !submission.prompt.isEmpty, submission.maxTokens >= 0 else {
            throw EngineError(
                .badRequest,
                "expected a prompt and 0 or more tokens to generate, found \(submission.prompt.count) and "
                    + "\(submission.maxTokens)")
        }
        guard SchedulerLimits.prioritySpan.contains(submission.priority) else {
            throw EngineError(
                .badRequest, "priority: expected \(SchedulerLimits.prioritySpan), found \(submission.priority)")
        }
        let capacity = ledger.blockCount * ledger.blockTokens
        guard submission.prompt.count <= capacity - submission.maxTokens else {
            throw EngineError(
                .promptTooLong,
                "\(submission.prompt.count) tokens and \(submission.maxTokens) to generate do not fit a KV cache of "
                    + "\(capacity)")
        }
        guard waiting.count < limits.waitingMax,
            waitingTokens <= limits.waitingTokensMax - submission.prompt.count
        else { throw EngineError(.busy, "\(waiting.count) requests of \(waitingTokens) tokens wait already") }
    }
}

extension Scheduler {
    /// Makes the blocks of full tokens known to others.
    private mutating func publishFullBlocks(of request: inout ScheduledRequest) {
        let size = ledger.blockTokens
        while (request.publishedCount + 1) * size <= request.computedCount {
            let first = request.publishedCount * size
            request.content = ledger.publish(
                request.blocks[request.publishedCount], tokens: request.tokens[first..<first + size],
                after: request.content)
            request.publishedCount += 1
        }
    }

    private mutating func releaseBlocks(of id: RequestID) {
        guard var request = requests[id] else { return }
        for block in request.blocks.reversed() { ledger.release(block) }
        request.blocks.removeAll()
        (request.computedCount, request.scheduledCount, request.publishedCount) = (0, 0, 0)
        request.content = .start(of: request.tenant)
        requests[id] = request
    }

    /// A token for each request that generates, the first that came in first.
    private mutating func scheduleGenerating(_ plan: inout StepPlan) {
        for id in running {
            guard let request = requests[id], request.isDecoding, request.scheduledCount == 0,
                !plan.preempted.contains(id), plan.tokenCount < limits.stepTokens
            else { continue }
            schedule(id, count: 1, &plan, mayPreempt: true)
        }
    }

    /// The rest of the step for prompts of running requests.
    private mutating func schedulePrompts(_ plan: inout StepPlan) {
        var prompts = running.filter { id in
            requests[id].map { $0.scheduledCount == 0 && !$0.isDecoding && $0.missingCount > 0 } ?? false
        }
        guard let first = prompts.first, plan.tokenCount < limits.stepTokens else { return }
        // The one that began first has its part, all the others by what they lack.
        let room = limits.stepTokens - plan.tokenCount
        let part = prompts.count == 1 ? room : max(room / limits.firstPromptShare, 1)
        prompts.removeFirst()
        prompts.sort { (requests[$0]!.missingCount, $0) < (requests[$1]!.missingCount, $1) }
        let others = prompts.reduce(0) { $0 + requests[$1]!.missingCount }
        schedule(first, count: max(part, room - others), &plan, mayPreempt: true)
        for id in prompts where plan.tokenCount < limits.stepTokens {
            guard !plan.preempted.contains(id) else { continue }
            schedule(id, count: limits.stepTokens - plan.tokenCount, &plan, mayPreempt: false)
        }
    }

    /// Plans up to `count` tokens of a running request, as many as blocks can be had for.
    private mutating func schedule(_ id: RequestID, count: Int, _ plan: inout StepPlan, mayPreempt: Bool) {
        guard let request = requests[id] else { return }
        var count = min(count, request.missingCount, limits.stepTokens - plan.tokenCount)
        let size = ledger.blockTokens
        while count > 0, requests[id]!.blocks.count * size < request.computedCount + count {
            if let block = ledger.take() {
                requests[id]!.blocks.append(block)
            } else if !mayPreempt || !preemptLast(but: id, &plan) {
                count = min(count, requests[id]!.blocks.count * size - request.computedCount)
                break
            }
        }
        guard count > 0 else { return }
        requests[id]!.scheduledCount = count
        let positions = request.computedCount..<request.computedCount + count
        plan.work.append(
            StepPlan.Work(id: id, positions: positions, choosesNext: positions.upperBound == request.tokens.count))
    }

    /// Takes the blocks of the request that came in last, if that was after `id`.
    private mutating func preemptLast(but id: RequestID, _ plan: inout StepPlan) -> Bool {
        guard let last = running.last, last != id else { return false }
        releaseBlocks(of: last)
        plan.work.removeAll { $0.id == last }
        plan.admitted.removeAll { $0.id == last }
        plan.preempted.append(last)
        running.removeLast()
        waiting.insert(last, at: 0)
        waitingTokens += requests[last]!.tokens.count
        return true
    }

    /// Lets in who waits, while there is room in the step and there are blocks for the whole of what it has to compute.
    private mutating func admit(_ plan: inout StepPlan, now: Duration) {
        // Who has just lost its blocks would take them back from those it lost them to.
        guard plan.preempted.isEmpty else { return }
        var room = limits.stepTokens - plan.tokenCount
        while room > 0, running.count < limits.runningMax, let id = next(now: now) {
            var request = requests[id]!
            let (blocks, content) = ledger.holdPrefix(
                of: request.tokens, from: request.content, limit: request.tokens.count - 1)
            let needed = (request.tokens.count + ledger.blockTokens - 1) / ledger.blockTokens - blocks.count
            guard needed <= ledger.availableCount - claimedBlocks else {
                for block in blocks.reversed() { ledger.release(block) }
                return
            }
            request.blocks = blocks
            request.publishedCount = blocks.count
            request.content = content
            request.computedCount = blocks.count * ledger.blockTokens
            request.reusedCount = request.computedCount
            if request.admission == nil { request.admission = nextAdmission }
            nextAdmission += 1
            requests[id] = request
            waiting.removeAll { $0 == id }
            waitingTokens -= request.tokens.count
            insertRunning(id)
            plan.admitted.append(
                StepPlan.Admission(id: id, reusedTokens: request.reusedCount, waited: now - request.arrival))
            room -= request.missingCount
        }
    }

    /// Running requests stand in the order in which they were first let in.
    private mutating func insertRunning(_ id: RequestID) {
        let admission = requests[id]!.admission!
        let place = running.firstIndex { requests[$0]!.admission! > admission } ?? running.endIndex
        running.insert(id, at: place)
    }

    /// Blocks that running requests will take for tokens that they have.
    private var claimedBlocks: Int {
        let size = ledger.blockTokens
        return running.reduce(0) { sum, id in
            let request = requests[id]!
            return sum + max((request.tokens.count + size - 1) / size - request.blocks.count, 0)
        }
    }

    /// Who is to be let in next.
    private func next(now: Duration) -> RequestID? {
        waiting.min { rank($0, now) < rank($1, now) }
    }

    /// The smaller comes first.
    private func rank(_ id: RequestID, _ now: Duration) -> (Int, UInt64, Duration, RequestID) {
        let request = requests[id]!
        let gained = Int((now - request.arrival) / limits.agingInterval)
        return (-(request.priority + gained), shares.served(request.tenant), request.arrival, id)
    }
}
