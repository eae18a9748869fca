import TerseEngine
import TestSupport

/// Random traffic on a scheduler, with a memory that knows what each place of each block was last written with: whatever is
/// planned must find the right tokens before it.
struct SchedulerSimulation {
    /// What may go wrong.
    struct Violation: Error { let what: String }

    private struct Live {
        let maxTokens: Int
        var generated = 0
    }

    var random: SplitMix64
    let blockTokens = 4
    let blockCount: Int
    private(set) var scheduler: Scheduler
    private var live: [RequestID: Live] = [:]
    private var memory: [UInt32: [Int32?]] = [:]
    private var nextID: RequestID = 0
    private var now = Duration.zero
    private(set) var counts = Counts()

    struct Counts {
        var steps = 0, ended = 0, preempted = 0, reused = 0, refused = 0, expired = 0, rightGuesses = 0
    }

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        var limits = SchedulerLimits()
        limits.stepTokens = 1 + random.next(below: 40)
        limits.runningMax = 1 + random.next(below: 10)
        limits.waitingMax = 50
        blockCount = 4 + random.next(below: 40)
        scheduler = Scheduler(limits: limits, blockCount: blockCount, blockTokens: blockTokens)
    }

    /// Runs until so many requests have ended, then ends the rest.
    mutating func run(until target: Int) throws {
        while counts.ended < target {
            counts.steps += 1
            guard counts.steps < 100_000 else { throw Violation(what: "stuck") }
            while random.next(below: 3) == 0 { try submit() }
            if random.next(below: 20) == 0, let id = live.keys.min() { end(id) }
            try step()
            now += .milliseconds(10)
        }
        for id in live.keys.sorted() { end(id) }
        if !scheduler.isIdle || scheduler.waitingTokens != 0 { throw Violation(what: "something is left") }
        if scheduler.ledger.availableCount != blockCount { throw Violation(what: "blocks are left") }
        try check()
    }

    private mutating func submit() throws {
        let count = 1 + random.next(below: blockCount * blockTokens / 2)
        let shared = Int32(random.next(below: 3))
        let prompt = (0..<count).map { $0 < count / 2 ? shared : Int32(random.next(below: 5)) }
        let most = 1 + random.next(below: blockCount * blockTokens / 3 + 1)
        var submission = Submission(id: nextID, prompt: prompt, maxTokens: most)
        submission.tenant = UInt32(random.next(below: 3))
        submission.priority = random.next(below: 5) - 2
        if random.next(below: 10) == 0 { submission.deadline = now + .milliseconds(random.next(below: 5000)) }
        nextID += 1
        guard scheduler.waitingCount < scheduler.limits.waitingMax else { return counts.refused += 1 }
        try scheduler.submit(submission, now: now)
        live[submission.id] = Live(maxTokens: most)
    }

    private mutating func end(_ id: RequestID) {
        scheduler.end(id)
        live[id] = nil
        counts.ended += 1
    }

    private mutating func step() throws {
        for id in live.keys.sorted() where random.next(below: 4) == 0 {
            scheduler.propose((0..<random.next(below: 6)).map { _ in Int32(random.next(below: 5)) }, for: id)
        }
        let plan = scheduler.plan(now: now)
        for id in plan.expired { live[id] = nil }
        counts.expired += plan.expired.count
        counts.ended += plan.expired.count
        counts.preempted += plan.preempted.count
        counts.reused += plan.admitted.reduce(0) { $0 + $1.reusedTokens }
        guard plan.tokenCount <= scheduler.limits.stepTokens else { throw Violation(what: "a step too long") }
        guard !plan.work.isEmpty || live.isEmpty else { throw Violation(what: "no progress") }
        if random.next(below: 50) == 0 { return scheduler.abandon(plan) }
        try write(plan)
        for work in plan.work {
            try read(work)
            if work.choosesNext { choose(work) }
        }
        scheduler.complete(plan)
        for (id, request) in live where request.generated == request.maxTokens { end(id) }
        try check()
    }

    private mutating func write(_ plan: StepPlan) throws {
        var written: Set<[Int]> = []
        for work in plan.work {
            let blocks = scheduler.blocks(of: work.id)
            for (position, token) in zip(work.positions, scheduler.tokens(of: work)) {
                let block = blocks[position / blockTokens]
                guard written.insert([Int(block), position % blockTokens]).inserted else {
                    throw Violation(what: "two write one place")
                }
                memory[block, default: Array(repeating: nil, count: blockTokens)][position % blockTokens] = token
            }
        }
    }

    /// A row sees its own tokens and none of another's.
    private func read(_ work: StepPlan.Work) throws {
        let blocks = scheduler.blocks(of: work.id)
        let tokens = scheduler.tokens(of: work.id)
        for position in 0..<work.positions.upperBound - work.draftCount {
            guard memory[blocks[position / blockTokens]]?[position % blockTokens] == tokens[position] else {
                throw Violation(what: "request \(work.id) finds another's token at \(position)")
            }
        }
    }

    private mutating func choose(_ work: StepPlan.Work) {
        for guess in 0...work.draftCount {
            let right = scheduler.guess(guess, of: work.id)
            let token = right != nil && random.next(below: 2) == 0 ? right! : Int32(random.next(below: 5))
            scheduler.append(token, to: work.id)
            live[work.id]!.generated += 1
            guard live[work.id]!.generated < live[work.id]!.maxTokens, guess < work.draftCount, right == token else {
                return
            }
            counts.rightGuesses += 1
        }
    }

    private func check() throws {
        if let what = scheduler.inconsistency() { throw Violation(what: what) }
    }
}
