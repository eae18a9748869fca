import TerseModel
import TerseTensor
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseEngine

/// Speculation with a draft model: the same texts, in fewer steps where the draft is good.
@Suite struct DraftTests {
    let stories: TinyEngine
    let story: [Int32]

    init() throws {
        stories = try TinyEngine.stories()
        story = stories.tokenizer.encode(TestData.goldenStory, addSpecial: true)
    }

    /// What a draft model is to the target.
    enum Draft: CaseIterable, Sendable {
        /// The target itself: whatever it guesses is right.
        case itself
        /// Random weights: next to nothing is right.
        case random
    }

    private func draft(_ draft: Draft) throws -> DraftModel {
        switch draft {
        case .itself: return DraftModel(model: stories.model, tokenizer: stories.tokenizer)
        case .random:
            return DraftModel(model: try TinyEngine.random(.llama, .q8_0).model, tokenizer: stories.tokenizer)
        }
    }

    /// Requests of every kind; what the first says is what `TestData.goldenStory` goes on with.
    private func requests(count: Int = 8, tokens: Int = 60) -> [GenerationRequest] {
        (0..<count).map { index in
            var request = GenerationRequest(prompt: Array(story.prefix(20 + 7 * index)), maxTokens: tokens - index)
            request.policy.seed = UInt64(index)
            request.policy.temperature = index % 2 == 0 ? 0 : 1
            if index % 3 == 1 { request.policy.repetitionPenalty = 1.2 }
            if index % 4 == 3 { request.policy.topP = 0.9 }
            if index == 5 { request.stopStrings = ["she"] }
            if index == 6 { request.constraint = EvenTokens() }
            request.logProbabilities = 2
            request.ignoresEndOfText = index == 2
            return request
        }
    }

    /// Every second token, and the one that ends a text.
    private struct EvenTokens: TokenConstraint {
        func allow(in mask: UnsafeMutableBufferPointer<UInt64>) throws(EngineError) -> Bool {
            for word in mask.indices { mask[word] = 0x5555_5555_5555_5555 }
            return true
        }

        mutating func accept(_ token: Int32) {}
    }

    private func run(_ requests: [GenerationRequest], on core: EngineCore) throws -> [Outcome] {
        for (index, request) in requests.enumerated() {
            try core.submit(request, id: RequestID(index), arrival: .zero)
        }
        let outcomes = try core.run()
        return try requests.indices.map { try #require(outcomes[RequestID($0)]) }
    }

    private func expectSame(_ found: [Outcome], _ expected: [Outcome], _ how: String) {
        for (index, (found, expected)) in zip(found, expected).enumerated() {
            #expect(found.isTheSame == expected.isTheSame, "request \(index), \(how)")
        }
    }

    private func core(
        _ kind: Draft, blocks: Int = 400, kvType: KVType = .f16, draftBlocks: Int? = nil,
        change: (inout SchedulerLimits) -> Void = { _ in }
    ) throws -> EngineCore {
        try stories.core(
            blocks: blocks, kvType: kvType, draft: draft(kind), draftBlocks: draftBlocks, change: change)
    }

    @Test(arguments: Draft.allCases)
    func textsAreTheSame(kind: Draft) throws {
        var requests = requests()
        let expected = try run(requests, on: try stories.core { $0.runningMax = 1 })
        for index in requests.indices { requests[index].guessesMax = 1 + index }
        for (running, draftTokens) in [(1, 8), (4, 24), (16, 60)] {
            let core = try core(kind) { ($0.runningMax, $0.draftStepTokens) = (running, draftTokens) }
            expectSame(try run(requests, on: core), expected, "\(kind), \(running) at once")
            expectSame(try run(requests, on: core), expected, "\(kind), \(running) at once, again")
            #expect(core.statistics.guesses > 50 && core.statistics.draftPasses > 0)
            #expect(core.statistics.heldBlocks == 0)
        }
    }

    /// A model that guesses at itself is right, greedy or by chance, since it takes the same chances.
    @Test(arguments: [0, 1] as [Float])
    func itselfIsNearlyAlwaysRight(temperature: Float) throws {
        let core = try core(.itself)
        var request = GenerationRequest(prompt: [1], maxTokens: 120)
        (request.policy.temperature, request.policy.seed, request.guessesMax) = (temperature, 11, 7)
        request.ignoresEndOfText = true
        let tokens = try run([request], on: core)[0].summary?.tokens
        let statistics = core.statistics
        #expect(statistics.acceptedGuesses == statistics.guesses && statistics.guesses > 90)
        #expect(statistics.steps < 26 && statistics.generatedTokens == 120)
        request.guessesMax = 0
        #expect(try run([request], on: core)[0].summary?.tokens == tokens)
        #expect(core.statistics.steps - statistics.steps == 120 && core.statistics.drafts == statistics.drafts)
    }

    /// By a clock on which a pass of the draft takes so many milliseconds, and a step of the target one.
    @Test(arguments: [(1, 0), (1, 50), (4, 0), (4, 50)])
    func whatDoesNotPayIsSeldomTried(count: Int, millisecondsPerPass: Int) throws {
        var requests = requests(count: count, tokens: 100)
        for index in requests.indices {
            requests[index].guessesMax = 7
            (requests[index].ignoresEndOfText, requests[index].stopStrings) = (true, [])
        }
        let core = try core(.itself)
        core.costs = StepCosts()  // As if it were a small one, which reads texts at once.
        for (index, request) in requests.enumerated() {
            try core.submit(request, id: RequestID(index), arrival: .zero)
        }
        func now() -> Duration {
            .milliseconds(core.statistics.steps + millisecondsPerPass * core.statistics.draftPasses)
        }
        while !core.isIdle { core.step(clock: now, emit: { _, _ in }) }
        let statistics = core.statistics
        if millisecondsPerPass == 0 {
            #expect(statistics.acceptedGuesses > 40 * count, "\(statistics)")
        } else {
            #expect(statistics.draftPasses > 0 && statistics.draftPasses < 4 * count, "\(statistics)")
        }
    }

    /// A draft model that promises much, but must wait until reading pays, does not keep a text from being looked up
    /// meanwhile. By a clock on which a pass takes a tenth of a step.
    @Test func whatIsNotReadYetIsLookedUp() throws {
        let core = try core(.itself)
        #expect(core.costs.draftShare == 1)
        for _ in 0...StepCosts.plainReadingsMin { core.costs.observe(.milliseconds(1), guesses: 0) }
        core.costs.observe(.milliseconds(1), guesses: 1)
        core.costs.observeDrafts(.microseconds(100), passes: 1, tokensRead: 0)
        core.costs.observeDrafts(.milliseconds(10), passes: 1, tokensRead: 100)
        let prompt = Array(story.prefix(100) + story.prefix(90))
        var request = GenerationRequest(prompt: prompt, policy: .greedy, maxTokens: 200)
        (request.guessesMax, request.ignoresEndOfText) = (7, true)
        try core.submit(request, id: RequestID(1), arrival: .zero)
        func now() -> Duration {
            .microseconds(1000 * core.statistics.steps + 100 * core.statistics.draftPasses)
        }
        func step() { core.step(clock: now, emit: { _, _ in }) }
        var lookedUp = 0
        while !core.isIdle {
            step()
            if core.statistics.draftPasses == 0 { lookedUp = core.statistics.acceptedGuesses }
        }
        #expect(lookedUp > 10, "\(core.statistics)")
    }

    /// A text that begins to repeat itself shows so without any guess being checked: then what was looked up is taken,
    /// though the draft model, which is always right, has a guess for every step. By a clock on which a pass of it takes
    /// half a step.
    @Test func whatIsLookedUpIsWatchedMeanwhile() throws {
        let core = try core(.itself)
        core.costs = StepCosts()  // As if it were a small one, which reads texts at once.
        var request = GenerationRequest(
            prompt: Array(story.prefix(100) + story.prefix(40)), policy: .greedy, maxTokens: 150)
        (request.guessesMax, request.ignoresEndOfText) = (7, true)
        try core.submit(request, id: RequestID(1), arrival: .zero)
        func now() -> Duration { .microseconds(1000 * core.statistics.steps + 500 * core.statistics.draftPasses) }
        core.step(clock: now, emit: { _, _ in })
        let run = try #require(core.served[RequestID(1)]?.run)
        run.lookupRecord = GuessRecord(by: .lookup, rate: 0.01)
        var passes: [Int] = []
        while !core.isIdle {
            let before = core.statistics.draftPasses
            core.step(clock: now, emit: { _, _ in })
            passes.append(core.statistics.draftPasses - before)
        }
        // Without, nothing but a few steps that measure plain ones would be without passes.
        #expect(passes.count { $0 > 0 } > 5 && passes.suffix(30).count { $0 == 0 } > 15, "\(passes)")
    }

    /// A cache in which most lose their blocks on the way, and a draft's that holds two texts at most.
    @Test(arguments: KVType.allCases)
    func whenBlocksRunOut(kvType: KVType) throws {
        var requests = requests(count: 6, tokens: 130)
        for index in requests.indices { requests[index].prompt = Array(requests[index].prompt.prefix(20)) }
        let expected = try run(requests, on: try stories.core(kvType: kvType) { $0.runningMax = 1 })
        for index in requests.indices { requests[index].guessesMax = 5 }
        let core = try core(.itself, blocks: 9, kvType: kvType, draftBlocks: 12) {
            ($0.runningMax, $0.draftStepTokens) = (6, 40)
        }
        expectSame(try run(requests, on: core), expected, "nine blocks")
        #expect(core.statistics.preemptions > 0 && core.statistics.acceptedGuesses > 100)
        #expect(core.statistics.draftPasses > 20)
    }

    /// Prompts are cut small, come one after the other, and begin alike.
    @Test func amongPrompts() throws {
        var requests = requests(count: 7)
        for index in requests.indices { requests[index].prompt = Array(story.prefix(100 + index)) }
        let expected = try run(requests, on: try stories.core { $0.runningMax = 1 })
        for index in requests.indices { requests[index].guessesMax = 4 }
        let core = try core(.itself) { ($0.stepTokens, $0.runningMax, $0.draftStepTokens) = (24, 8, 24) }
        var next = 0
        let outcomes = try core.run { step in
            while next < requests.count, next <= step / 3 {
                try core.submit(requests[next], id: RequestID(next), arrival: .zero)
                next += 1
            }
        }
        expectSame(try requests.indices.map { try #require(outcomes[RequestID($0)]) }, expected, "one after the other")
        #expect(core.statistics.reusedTokens > 300 && core.statistics.acceptedGuesses > 50)
        #expect(core.statistics.draftPasses > 20)
    }

    /// Up to the last position of the context, in blocks for no more.
    @Test func upToTheEndOfTheContext() throws {
        for kind in [Draft.itself, nil] {
            var request = GenerationRequest(prompt: Array(story.prefix(180) + story.prefix(180)), policy: .greedy)
            request.ignoresEndOfText = true
            let expected = try run([request], on: try stories.core())
            request.guessesMax = 7
            let core =
                try kind.map { try self.core($0, blocks: 16) { $0.runningMax = 1 } }
                ?? stories.core(blocks: 16) { $0.runningMax = 1 }
            expectSame(try run([request], on: core), expected, "\(kind as Any)")
            #expect(core.statistics.acceptedGuesses > 20)
        }
    }

    /// An engine is gone; another with a draft model goes on.
    @Test func anotherEngineGoesOn() throws {
        var requests = requests()
        let expected = try run(requests, on: try stories.core { $0.runningMax = 1 })
        for (index, outcome) in expected.enumerated() {
            requests[index].generated = Array(try #require(outcome.summary?.tokens).prefix(9).dropLast())
            requests[index].guessesMax = 3
        }
        let outcomes = try run(requests, on: try core(.itself) { $0.draftStepTokens = 40 })
        #expect(outcomes.map { $0.summary?.tokens } == expected.map { $0.summary?.tokens })
    }

    @Test func anotherVocabularyIsRefused() throws {
        let other = try TinyEngine.random(.llama, .q8_0)
        let draft = DraftModel(model: other.model, tokenizer: other.tokenizer)
        let error = #expect(throws: EngineError.self) {
            _ = try Engine(model: stories.model, tokenizer: stories.tokenizer, draft: draft)
        }
        #expect(error?.code == .badRequest)
        let message = error?.message ?? ""
        #expect(message.contains(stories.model.path) && message.contains(other.model.path), "\(message)")
        #expect(message.contains("expected token "), "\(message)")
    }

    /// Weights and cache of the draft come off the budget.
    @Test func theBudgetHoldsBoth() throws {
        var options = EngineOptions()
        (options.threads, options.limits.runningMax) = (2, 4)
        let plain = try Engine(model: stories.model, tokenizer: stories.tokenizer, options: options).plan
        options.memoryBudgetBytes = 2 * plain.totalBytes
        let with = try Engine(
            model: stories.model, tokenizer: stories.tokenizer, draft: try draft(.itself), options: options)
        let draftPlan = try #require(with.draftPlan)
        #expect(draftPlan.weightBytes == plain.weightBytes && draftPlan.kvBlockCount == 4 * 16)
        let rest = 2 * plain.totalBytes - draftPlan.totalBytes - with.plan.totalBytes
        #expect(rest >= 0 && rest < 5 * plain.kvBytes / plain.kvBlockCount)
        options.memoryBudgetBytes = draftPlan.totalBytes - 1
        let error = #expect(throws: EngineError.self) {
            _ = try Engine(
                model: stories.model, tokenizer: stories.tokenizer, draft: try draft(.itself), options: options)
        }
        #expect(error?.code == .model && error?.message.hasPrefix("draft model: ") == true, "\(error as Any)")
    }
}
