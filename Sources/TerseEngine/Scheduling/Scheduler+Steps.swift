import TerseModel
import TerseTensor

/// How a step is put together.
extension Scheduler {
    /// A token for each request that generates, the first that came in first.
    mutating func scheduleGenerating(_ plan: inout StepPlan) {
        for id in running {
            guard let request = requests[id], request.isDecoding, request.scheduledCount == 0,
                !plan.preempted.contains(id), plan.tokenCount < limits.stepTokens
            else { continue }
            schedule(id, count: 1, &plan, mayPreempt: true)
        }
    }

    /// Guesses of those that have their token, while the step is small: what is left of it is theirs in equal parts.
    mutating func scheduleGuesses(_ plan: inout StepPlan) {
        var room = min(limits.draftStepTokens, limits.stepTokens) - plan.tokenCount
        let guessing = running.filter { id in
            requests[id].map { $0.isDecoding && $0.scheduledCount == 1 && !$0.draft.isEmpty } ?? false
        }
        for (index, id) in guessing.enumerated() where room > 0 {
            let others = guessing.count - index - 1
            let part = (room + others) / (others + 1)
            let request = requests[id]!
            let count = takeBlocks(
                forDraft: min(part, request.draft.count), of: id, after: request.computedCount + 1)
            requests[id]!.scheduledCount += count
            plan.addGuesses(count, to: id)
            room -= count
        }
    }

    /// The rest of the step for prompts of running requests.
    mutating func schedulePrompts(_ plan: inout StepPlan) {
        var prompts = waitingPrompts
        guard let first = prompts.first, plan.tokenCount < limits.stepTokens else { return }
        // The one that began first has its part, all the others by what they lack. When it cannot end in this step, what they
        // leave stays empty: the shorter the step, the sooner they answer.
        let room = limits.stepTokens - plan.tokenCount
        let missing = prompts.reduce(0) { $0 + requests[$1]!.missingCount }
        prompts.removeFirst()
        prompts.sort { (requests[$0]!.missingCount, $0) < (requests[$1]!.missingCount, $1) }
        let part = missing <= room ? room : firstPart(of: room, others: prompts.count)
        schedule(first, count: part, &plan, mayPreempt: true)
        for id in prompts where plan.tokenCount < limits.stepTokens {
            guard !plan.preempted.contains(id) else { continue }
            schedule(id, count: limits.stepTokens - plan.tokenCount, &plan, mayPreempt: false)
        }
    }

    /// Running requests whose prompts are not in, and not in this step yet; who began first comes first.
    private var waitingPrompts: [RequestID] {
        running.filter { id in
            requests[id].map { $0.scheduledCount == 0 && !$0.isDecoding && $0.missingCount > 0 } ?? false
        }
    }

    private func firstPart(of room: Int, others: Int) -> Int {
        others == 0 ? room : max(room / limits.firstPromptShare, 1)
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
        plan.add(
            StepPlan.Work(id: id, positions: positions, choosesNext: positions.upperBound == request.tokens.count))
    }

    /// How many guesses there are blocks for; nobody loses any for them.
    private mutating func takeBlocks(forDraft draft: Int, of id: RequestID, after position: Int) -> Int {
        let size = ledger.blockTokens
        while requests[id]!.blocks.count * size < position + draft {
            guard let block = ledger.take() else { break }
            requests[id]!.blocks.append(block)
        }
        return min(draft, requests[id]!.blocks.count * size - position)
    }

    /// Takes the blocks of the request that came in last, if that was after `id`.
    private mutating func preemptLast(but id: RequestID, _ plan: inout StepPlan) -> Bool {
        guard let last = running.last, last != id else { return false }
        releaseBlocks(of: last)
        plan.preempt(last)
        running.removeLast()
        waiting.insert(requests[last]!)
        return true
    }

    mutating func releaseBlocks(of id: RequestID) {
        guard let request = requests[id] else { return }
        let size = ledger.blockTokens
        for (index, block) in request.blocks.enumerated().reversed() {
            if index == request.publishedCount, request.computedCount > index * size {
                ledger.release(
                    block, holding: request.tokens[index * size..<request.computedCount], after: request.content)
            } else {
                ledger.release(block)
            }
        }
        requests[id]!.blocks.removeAll()
        (requests[id]!.computedCount, requests[id]!.scheduledCount, requests[id]!.publishedCount) = (0, 0, 0)
        requests[id]!.content = .start(of: request.tenant)
        requests[id]!.draft = []
    }

    /// Makes the blocks of full tokens known to others.
    mutating func publishFullBlocks(of id: RequestID) {
        let size = ledger.blockTokens
        while let request = requests[id], (request.publishedCount + 1) * size <= request.computedCount {
            let first = request.publishedCount * size
            let content = ledger.publish(
                request.blocks[request.publishedCount], tokens: request.tokens[first..<first + size],
                after: request.content)
            requests[id]!.content = content
            requests[id]!.publishedCount += 1
        }
    }
}

/// Who is let in.
extension Scheduler {
    /// Lets in who waits, as long as the step has room beyond what is owed to those who are in, and there are blocks for the
    /// whole of what it has to compute.
    mutating func admit(_ plan: inout StepPlan, now: Duration) {
        // Who has just lost its blocks would take them back from those it lost them to.
        guard plan.preempted.isEmpty, !waiting.isEmpty else { return }
        var room = promptRoom(plan)
        guard room > 0, running.count < limits.runningMax else { return }
        var order = AdmissionOrder(waiting, shares, agingInterval: limits.agingInterval, now: now)
        var prompts = running.filter { !(requests[$0]?.isDecoding ?? true) }
        while room > 0, running.count < limits.runningMax, let id = order.next() {
            if isUnderWay(id, in: prompts) { continue }
            guard let admission = letIn(id, now: now) else { break }
            plan.admitted.append(admission)
            room -= requests[id]!.missingCount
            if !requests[id]!.isDecoding { prompts.append(id) }
        }
        for admission in plan.admitted { waiting.remove(requests[admission.id]!) }
    }

    /// Whether a prompt that is being computed begins with blocks that a request will need and the cache does not have yet:
    /// who waits for them gets them for nothing.
    private mutating func isUnderWay(_ id: RequestID, in prompts: [RequestID]) -> Bool {
        let request = requests[id]!
        guard request.usesCache else { return false }
        let size = ledger.blockTokens
        for other in prompts {
            guard let other = requests[other], let admission = other.admission, other.tenant == request.tenant else {
                continue
            }
            // The first block that the other has still to finish.
            let end = (other.computedCount / size + 1) * size
            guard end < request.tokens.count, end <= other.tokens.count else { continue }
            let known = request.leader.map { $0.admission == admission ? min($0.count, end) : 0 } ?? 0
            guard other.tokens[known..<end] == request.tokens[known..<end] else { continue }
            requests[id]!.leader = (admission, end)
            return true
        }
        return false
    }

    /// Tokens of the step that neither generating requests nor prompts under way will take.
    private func promptRoom(_ plan: StepPlan) -> Int {
        var room = limits.stepTokens - plan.tokenCount
        let prompts = waitingPrompts
        guard let first = prompts.first else { return room }
        for id in prompts.dropFirst() { room -= requests[id]!.missingCount }
        return room - min(requests[first]!.missingCount, firstPart(of: limits.stepTokens - plan.tokenCount, others: 1))
    }

    /// Gives a request what the cache has of it. Nil when there are too few blocks for the rest.
    private mutating func letIn(_ id: RequestID, now: Duration) -> StepPlan.Admission? {
        let request = requests[id]!
        let claimed = claimedBlocks
        let limit = request.usesCache ? request.tokens.count - 1 : 0
        let prefix = ledger.holdPrefix(of: request.tokens, from: request.content, limit: limit)
        let needed = request.tokens.count.pieces(of: ledger.blockTokens) - prefix.blocks.count
        // Each of those that are in needs another block before long: without them it would soon lose its own again.
        guard needed <= ledger.availableCount - claimed - running.count else {
            take(prefix, for: id)
            releaseBlocks(of: id)
            return nil
        }
        take(prefix, for: id)
        let isFirst = request.admission == nil
        if isFirst {
            requests[id]!.admission = nextAdmission
            nextAdmission += 1
            rate.admit()
        }
        insertRunning(id)
        return StepPlan.Admission(
            id: id, reusedTokens: prefix.tokenCount, isFirst: isFirst, waited: now - request.arrival)
    }

    private mutating func take(_ prefix: BlockLedger.Prefix, for id: RequestID) {
        requests[id]!.blocks = prefix.blocks
        requests[id]!.publishedCount = prefix.tokenCount / ledger.blockTokens
        requests[id]!.content = prefix.content
        requests[id]!.computedCount = prefix.tokenCount
    }

    /// Running requests stand in the order in which they were first let in.
    private mutating func insertRunning(_ id: RequestID) {
        let admission = requests[id]!.admission!
        let place = running.firstIndex { requests[$0]!.admission! > admission } ?? running.endIndex
        running.insert(id, at: place)
    }

    /// Blocks that running requests will take for tokens that they have.
    private var claimedBlocks: Int {
        running.reduce(0) { sum, id in
            let request = requests[id]!
            return sum + max(request.tokens.count.pieces(of: ledger.blockTokens) - request.blocks.count, 0)
        }
    }
}
