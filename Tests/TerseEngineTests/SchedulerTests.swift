import Testing

@testable import TerseEngine

@Suite struct SchedulerTests {
    private func scheduler(
        blocks: Int = 1000, _ change: (inout SchedulerLimits) -> Void = { _ in }
    ) -> Scheduler {
        var limits = SchedulerLimits()
        change(&limits)
        return Scheduler(limits: limits, blockCount: blocks, blockTokens: 32)
    }

    /// A prompt that has nothing in common with others.
    private func submission(
        _ id: RequestID, prompt: Int, generate: Int = 8, tenant: UInt32 = 0, priority: Int = 0
    ) -> Submission {
        var submission = Submission(
            id: id, prompt: (0..<prompt).map { Int32(id) &* 100_000 &+ Int32($0) }, maxTokens: generate)
        (submission.tenant, submission.priority) = (tenant, priority)
        return submission
    }

    /// Plans and completes a step, ending who has `generate` tokens.
    @discardableResult
    private func step(_ scheduler: inout Scheduler, at now: Duration, generate: Int = 8) -> StepPlan {
        let plan = scheduler.plan(now: now)
        for work in plan.work where work.choosesNext { scheduler.append(7, to: work.id) }
        scheduler.complete(plan)
        for work in plan.work where work.choosesNext {
            if scheduler.requests[work.id].map({ $0.tokens.count - $0.promptCount >= generate }) ?? false {
                scheduler.end(work.id)
            }
        }
        return plan
    }

    @Test(arguments: 1...24)
    func randomTrafficKeepsItsBlocks(seed: UInt64) throws {
        var simulation = SchedulerSimulation(seed: seed)
        try simulation.run(until: 200)
        #expect(simulation.counts.ended >= 200)
    }

    /// What the simulation is there for does happen in it.
    @Test func theSimulationMeetsEveryCase() throws {
        var (preempted, reused, expired, guesses) = (0, 0, 0, 0)
        for seed in 100..<120 as Range<UInt64> {
            var simulation = SchedulerSimulation(seed: seed)
            try simulation.run(until: 100)
            preempted += simulation.counts.preempted
            reused += simulation.counts.reused
            expired += simulation.counts.expired
            guesses += simulation.counts.rightGuesses
        }
        #expect(preempted > 0 && reused > 0 && expired > 0 && guesses > 0)
    }

    @Test func theSameCallsGiveTheSamePlans() throws {
        func plans() throws -> [StepPlan] {
            var scheduler = scheduler { $0.stepTokens = 40 }
            for id in 0..<20 as Range<RequestID> {
                try scheduler.submit(
                    submission(id, prompt: 10 + Int(id) * 7, tenant: UInt32(id % 3)), now: .milliseconds(id))
            }
            return (0..<60).map { step(&scheduler, at: .milliseconds(20 * $0)) }
        }
        #expect(try plans() == plans())
    }

    /// A short prompt comes while a long one is under way: it is in after the next step, which is a short one, and the long
    /// one goes on meanwhile, as do those that generate.
    @Test func aLongPromptStallsNobody() throws {
        var scheduler = scheduler()
        try scheduler.submit(submission(1, prompt: 4), now: .zero)
        step(&scheduler, at: .zero)
        try scheduler.submit(submission(2, prompt: 2000), now: .zero)
        let alone = step(&scheduler, at: .zero)
        #expect(alone.work.map(\.id) == [1, 2] && alone.tokenCount == 128)
        // The long one has an eighth of what is left of the step.
        for (id, prompt, part) in [(3, 64, 15), (4, 7, 15)] as [(RequestID, Int, Int)] {
            try scheduler.submit(submission(id, prompt: prompt), now: .zero)
            let plan = step(&scheduler, at: .zero)
            #expect(plan.work.suffix(2).map(\.id) == [2, id], "\(id)")
            #expect(plan.work.last?.positions == 0..<prompt && plan.work.last?.choosesNext == true, "\(id)")
            #expect(plan.work.suffix(2).first?.positions.count == part, "\(id)")
        }
    }

    /// Prompts that fit a step are not cut.
    @Test func shortPromptsShareAStep() throws {
        var scheduler = scheduler()
        for (id, prompt) in [(1, 60), (2, 50), (3, 18)] as [(RequestID, Int)] {
            try scheduler.submit(submission(id, prompt: prompt), now: .zero)
        }
        let plan = step(&scheduler, at: .zero)
        #expect(plan.tokenCount == 128 && plan.work.allSatisfy(\.choosesNext))
    }

    /// Nobody's guesses take the place of another's next token, and what is left is shared.
    @Test func guessesComeBehindEverybodysNextToken() throws {
        for (stepTokens, guesses) in [(4, [0, 0, 0, 0]), (7, [1, 1, 1, 0]), (128, [1, 1, 1, 1])] {
            var scheduler = scheduler { ($0.runningMax, $0.stepTokens) = (4, stepTokens) }
            for id in 1...4 as ClosedRange<RequestID> { try scheduler.submit(submission(id, prompt: 1), now: .zero) }
            while !(1...4).allSatisfy({ scheduler.isDecoding($0) }) { step(&scheduler, at: .zero) }
            for id in 1...4 as ClosedRange<RequestID> { scheduler.propose([1, 2, 3], for: id) }
            let plan = scheduler.plan(now: .zero)
            #expect(plan.work.map(\.id) == [1, 2, 3, 4])
            #expect(plan.work.map(\.draftCount) == guesses)
            #expect(plan.work.map(\.positions.count) == guesses.map { $0 + 1 })
            #expect(plan.tokenCount == 4 + guesses.reduce(0, +))
        }
    }

    /// However many short prompts come, the one that began first has its eighth of each step.
    @Test func shortPromptsDoNotStarveALongOne() throws {
        var scheduler = scheduler { $0.runningMax = 32 }
        try scheduler.submit(submission(0, prompt: 2000, generate: 1), now: .zero)
        var isIn = false
        var id: RequestID = 1
        for index in 0..<140 where !isIn {
            for _ in 0..<4 {
                try scheduler.submit(submission(id, prompt: 60, generate: 1), now: .milliseconds(index))
                id += 1
            }
            let plan = step(&scheduler, at: .milliseconds(index), generate: 1)
            isIn = plan.work.contains { $0.id == 0 && $0.choosesNext }
        }
        #expect(isIn)
    }

    /// One owner has a hundred requests waiting, for a minute; another comes with one and is next.
    @Test func aFloodDoesNotKeepOthersOut() throws {
        var scheduler = scheduler { $0.runningMax = 2 }
        for id in 1...100 as ClosedRange<RequestID> { try scheduler.submit(submission(id, prompt: 40), now: .zero) }
        var now = Duration.zero
        for _ in 0..<30 {
            step(&scheduler, at: now)
            now += .seconds(2)
        }
        try scheduler.submit(submission(500, prompt: 40, tenant: 9), now: now)
        for _ in 0..<9 where !scheduler.running.contains(500) { step(&scheduler, at: now) }
        #expect(scheduler.running.contains(500))
    }

    /// Two owners ask without end, one for four times as much at a time: each gets half.
    @Test func ownersGetEqualShares() throws {
        var scheduler = scheduler { ($0.runningMax, $0.stepTokens) = (4, 64) }
        var served: [UInt32: Int] = [:]
        var owners: [RequestID: UInt32] = [:]
        var id: RequestID = 0
        for index in 0..<1000 {
            for tenant in 0...1 as ClosedRange<UInt32> {
                while scheduler.waiting.lines[WaitingQueue.Line(tenant: tenant, priority: 0)]?.count ?? 0 < 4 {
                    owners[id] = tenant
                    let prompt = tenant == 0 ? 20 : 80
                    try scheduler.submit(
                        submission(id, prompt: prompt, tenant: tenant), now: .milliseconds(index))
                    id += 1
                }
            }
            for work in step(&scheduler, at: .milliseconds(index)).work {
                let cost = work.positions.lowerBound >= scheduler.requests[work.id]?.promptCount ?? 0 ? 2 : 1
                served[owners[work.id]!, default: 0] += cost * work.positions.count
            }
        }
        let share = Double(served[0]!) / Double(served[0]! + served[1]!)
        #expect(abs(share - 0.5) < 0.1, "\(share)")
    }

    /// Who had the engine to itself owes nothing to who comes when it is idle.
    @Test func whatWasUsedBeforeIsNoDebt() throws {
        var scheduler = scheduler { $0.runningMax = 1 }
        try scheduler.submit(submission(0, prompt: 500, tenant: 1), now: .zero)
        while !scheduler.isIdle { step(&scheduler, at: .zero) }
        for id in 1...6 as ClosedRange<RequestID> {
            try scheduler.submit(submission(id, prompt: 20, tenant: 0), now: .zero)
        }
        try scheduler.submit(submission(7, prompt: 20, tenant: 1), now: .zero)
        var order: [RequestID] = []
        while !scheduler.isIdle { order += step(&scheduler, at: .zero).admitted.map(\.id) }
        #expect(order.firstIndex(of: 7).map { $0 < 2 } ?? false, "\(order)")
    }

    @Test func urgentRequestsGoFirstButNobodyWaitsForEver() throws {
        var scheduler = scheduler { ($0.runningMax, $0.agingInterval) = (1, .seconds(1)) }
        try scheduler.submit(submission(0, prompt: 10, generate: 1, priority: -3), now: .zero)
        var order: [RequestID] = []
        var id: RequestID = 1
        for second in 0..<12 {
            try scheduler.submit(submission(id, prompt: 10, generate: 1, priority: 1), now: .seconds(second))
            id += 1
            order += step(&scheduler, at: .seconds(second), generate: 1).admitted.map(\.id)
        }
        #expect(order.prefix(4) == [1, 2, 3, 4])
        // Four intervals make it as urgent as they are, and it came before them.
        #expect(order[4] == 0)
    }

    @Test func deadlinesEndRequestsWhereverTheyStand() throws {
        var scheduler = scheduler { $0.runningMax = 1 }
        for id in 1...3 as ClosedRange<RequestID> {
            var submission = submission(id, prompt: 50, generate: 100)
            submission.deadline = .seconds(Int64(id))
            try scheduler.submit(submission, now: .zero)
        }
        step(&scheduler, at: .zero, generate: 100)
        #expect(scheduler.plan(now: .milliseconds(2500)).expired.sorted() == [1, 2])
        #expect(scheduler.runningCount == 1 && scheduler.waitingCount == 0)
        #expect(scheduler.inconsistency() == nil)
    }

    @Test func aFullQueueSaysWhenToTryAgain() throws {
        var scheduler = scheduler { ($0.runningMax, $0.waitingMax) = (1, 32) }
        for id in 0..<32 as Range<RequestID> {
            try scheduler.submit(submission(id, prompt: 10, generate: 1), now: .zero)
        }
        let refusal = #expect(throws: EngineError.self) { try checkQueue(scheduler, adding: 10) }
        #expect(refusal?.code == .busy && refusal?.retryAfter == .seconds(1))
        // One is let in every two seconds: an eighth of the queue takes eight.
        for index in 0..<16 {
            step(&scheduler, at: .seconds(2 * index), generate: 1)
            try scheduler.submit(
                submission(RequestID(100 + index), prompt: 10, generate: 1), now: .seconds(2 * index))
        }
        #expect(scheduler.waitingCount == 32)
        #expect(scheduler.retryAfter(now: .seconds(32)) == .seconds(8))
        // An hour without work says nothing of how fast it goes.
        for index in 0..<32 { step(&scheduler, at: .seconds(32 + 2 * index), generate: 1) }
        #expect(scheduler.isIdle)
        #expect(scheduler.retryAfter(now: .seconds(3600)) < .seconds(3))
        let few = self.scheduler { $0.waitingTokensMax = 100 }
        try checkQueue(few, adding: 100)
        #expect(throws: EngineError.self) { try checkQueue(few, adding: 101) }
    }

    private func checkQueue(_ scheduler: Scheduler, adding tokens: Int) throws {
        try scheduler.limits.checkQueue(
            scheduler.waiting.load, adding: QueueLoad.Amount(requests: 1, tokens: tokens), of: Submission.nobody,
            retryAfter: scheduler.retryAfter(now: .zero))
    }

    /// Two prompts that grow until one block is too few: the later one gives way and comes back.
    @Test func theLaterRequestGivesWay() throws {
        var scheduler = scheduler(blocks: 6)
        try scheduler.submit(submission(1, prompt: 60, generate: 60), now: .zero)
        try scheduler.submit(submission(2, prompt: 60, generate: 60), now: .zero)
        var preempted: [RequestID] = []
        var finished: [RequestID] = []
        for _ in 0..<200 {
            let before = Set(scheduler.requests.keys)
            preempted += step(&scheduler, at: .zero, generate: 60).preempted
            finished += before.subtracting(scheduler.requests.keys)
            #expect(scheduler.inconsistency() == nil)
        }
        #expect(preempted == [2])
        #expect(finished == [1, 2])
    }

    @Test func whatNoCacheCouldHoldIsRefused() throws {
        var scheduler = scheduler(blocks: 2)
        try scheduler.submit(submission(1, prompt: 60, generate: 5), now: .zero)
        let refusal = #expect(throws: EngineError.self) {
            try scheduler.submit(submission(2, prompt: 60, generate: 6), now: .zero)
        }
        #expect(refusal?.code == .promptTooLong)
    }

    @Test func limitsThatContradictEachOtherAreRefused() {
        var limits = SchedulerLimits()
        limits.runningMax = 200
        #expect(
            throws: EngineError(
                .badRequest, "running requests: expected at most the 128 tokens of a step, found 200")
        ) { try limits.validate() }
        limits = SchedulerLimits()
        limits.waitingMax = 0
        #expect(throws: EngineError.self) { try limits.validate() }
    }
}
