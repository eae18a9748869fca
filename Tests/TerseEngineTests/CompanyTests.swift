import TerseModel
import TerseTensor
import TestSupport
import Testing

@testable import TerseEngine

/// What a request gets is the same alone, among others, with and without cached prefixes, however prompts are cut, and when
/// it lost its blocks on the way.
@Suite struct CompanyTests {
    let stories: TinyEngine

    init() throws { stories = try TinyEngine.stories() }

    /// Sixteen requests of every kind: greedy and by chance, with penalties, biases, stop strings and probabilities.
    private func requests(count: Int = 16, seed: UInt64 = 1) -> [GenerationRequest] {
        let text = Array(stories.tokenizer.encode(TestData.goldenStory, addSpecial: true))
        var random = SplitMix64(seed: seed)
        return (0..<count).map { index in
            let start = random.next(below: 20)
            var request = GenerationRequest(
                prompt: [1] + text[start..<start + 1 + random.next(below: 150)],
                maxTokens: 1 + random.next(below: 60))
            request.policy.seed = UInt64(index)
            request.policy.temperature = index % 4 == 0 ? 0 : 1
            request.logProbabilities = index % 5
            request.embedsPrompt = index % 9 == 8
            if index % 9 == 7 { request.scoresFrom = 1 }
            if index % 3 == 0 {
                (request.policy.repetitionPenalty, request.policy.presencePenalty) = (1.2, 0.3)
            }
            if index % 7 == 0 { request.policy.logitBias = [300: 2, 310: -.infinity] }
            if index % 5 == 0 { request.stopStrings = ["Lily", "."] }
            return request
        }
    }

    private func alone(
        _ requests: [GenerationRequest], kvType: KVType = .f16, on engine: TinyEngine? = nil
    ) throws -> [Outcome] {
        let core = try (engine ?? stories).core(kvType: kvType, threads: 1) { $0.runningMax = 1 }
        return try requests.map { request in
            core.dropCache()
            try core.submit(request, id: 1, arrival: .zero)
            return try #require(try core.run()[1])
        }
    }

    private func together(_ requests: [GenerationRequest], on core: EngineCore, staggered: Bool) throws -> [Outcome] {
        var next = 0
        let outcomes = try core.run { step in
            while next < requests.count, !staggered || next <= step / 2 {
                try core.submit(requests[next], id: RequestID(next), arrival: .zero)
                next += 1
            }
        }
        return try requests.indices.map { try #require(outcomes[RequestID($0)]) }
    }

    private func expectSame(_ found: [Outcome], _ expected: [Outcome], _ how: String) {
        for (index, (found, expected)) in zip(found, expected).enumerated() {
            #expect(found.isTheSame == expected.isTheSame, "request \(index), \(how)")
        }
    }

    @Test(arguments: KVType.allCases)
    func amongFifteenOthers(kvType: KVType) throws {
        let requests = requests()
        let expected = try alone(requests, kvType: kvType)
        #expect(expected.contains { if case .stopString? = $0.summary?.reason { true } else { false } })
        #expect(Set(expected.map(\.text)).count > 10)
        let core = try stories.core(kvType: kvType)
        expectSame(try together(requests, on: core, staggered: false), expected, "at once")
        let reused = core.statistics.reusedTokens
        expectSame(try together(requests, on: core, staggered: true), expected, "again, one after the other")
        #expect(core.statistics.reusedTokens > reused + 500)
        #expect(core.statistics.preemptions == 0)
        #expect(core.statistics.heldBlocks == 0)
    }

    /// Ternary and other weights, each architecture's own path; in all ways at once.
    @Test(arguments: [
        (Architecture.bitnet, ElementType.tq2_0, KVType.f16), (.qwen3, .q4K, .int8), (.llama, .q8_0, .f16),
        (.bitnetB158, .i2S, .int8),
    ])
    func onRandomModels(architecture: Architecture, type: ElementType, kvType: KVType) throws {
        let engine = try TinyEngine.random(architecture, type)
        var requests = requests(count: 6, seed: 8)
        for index in requests.indices {
            requests[index].prompt = Array(requests[index].prompt.prefix(40))
            (requests[index].maxTokens, requests[index].stopStrings) = (60, [])
            (requests[index].ignoresEndOfText, requests[index].embedsPrompt) = (true, index == 3)
        }
        let expected = try alone(requests, kvType: kvType, on: engine)
        for index in requests.indices { requests[index].guessesMax = index }
        let core = try engine.core(blocks: 5, kvType: kvType) { ($0.stepTokens, $0.draftStepTokens) = (30, 30) }
        expectSame(try together(requests, on: core, staggered: true), expected, "\(architecture) \(type)")
        expectSame(try together(requests, on: core, staggered: false), expected, "again")
        #expect(core.statistics.preemptions > 0 && core.statistics.reusedTokens > 0)
    }

    @Test(arguments: [(7, 5), (16, 16), (64, 3), (300, 16)])
    func howeverPromptsAreCut(stepTokens: Int, runningMax: Int) throws {
        let requests = requests(seed: 2)
        let expected = try alone(requests)
        let core = try stories.core {
            ($0.stepTokens, $0.runningMax) = (stepTokens, runningMax)
        }
        expectSame(try together(requests, on: core, staggered: true), expected, "\(stepTokens) tokens a step")
    }

    /// A cache of ten blocks, in which most lose theirs on the way.
    @Test(arguments: KVType.allCases)
    func whenBlocksRunOut(kvType: KVType) throws {
        var requests = requests(count: 8, seed: 3)
        for index in requests.indices {
            requests[index].prompt = Array(requests[index].prompt.prefix(20))
            (requests[index].maxTokens, requests[index].stopStrings) = (120, [])
        }
        let expected = try alone(requests, kvType: kvType)
        let core = try stories.core(blocks: 10, kvType: kvType)
        expectSame(try together(requests, on: core, staggered: false), expected, "ten blocks")
        #expect(core.statistics.preemptions > 0)
        #expect(core.statistics.heldBlocks == 0)
    }

    /// Guessing changes nothing, whether the choice is greedy or by chance, alone or with others, with blocks to spare or not.
    @Test(arguments: [(1, 400, 8), (4, 400, 40), (4, 8, 40)])
    func withGuesses(runningMax: Int, blocks: Int, draftStepTokens: Int) throws {
        var requests = requests(count: 8, seed: 7)
        let story = Array(stories.tokenizer.encode(TestData.goldenStory, addSpecial: true))
        for index in requests.indices {
            // What has been told is told again, so that guesses prove right.
            requests[index].prompt = Array(story.prefix(60 + index))
            (requests[index].maxTokens, requests[index].stopStrings) = (80, index == 5 ? ["she"] : [])
        }
        let expected = try alone(requests)
        for index in requests.indices { requests[index].guessesMax = 1 + index }
        let core = try stories.core(blocks: blocks) {
            ($0.runningMax, $0.draftStepTokens) = (runningMax, draftStepTokens)
        }
        expectSame(try together(requests, on: core, staggered: false), expected, "with guesses")
        #expect(core.statistics.acceptedGuesses > 20)
        #expect(core.statistics.guesses > core.statistics.acceptedGuesses)
        #expect(core.statistics.heldBlocks == 0)
    }

    /// Eight answers to one prompt, asked for at once: it is computed once.
    @Test func onePromptForManyIsComputedOnce() throws {
        let prompt = Array(stories.tokenizer.encode(TestData.goldenStory, addSpecial: true).prefix(150))
        let requests = (0..<8).map { index in
            var request = GenerationRequest(prompt: prompt, maxTokens: 5)
            request.policy.seed = UInt64(index)
            return request
        }
        let expected = try alone(requests)
        let core = try stories.core()
        expectSame(try together(requests, on: core, staggered: false), expected, "at once")
        #expect(core.statistics.reusedTokens == 7 * 128)
    }

    /// An engine is gone; another goes on from the tokens that came, and gives the rest of the same text.
    @Test func anotherEngineGoesOn() throws {
        var requests = requests(seed: 4)
        for index in requests.indices { requests[index].reportsTokens = true }
        let expected = try alone(requests)
        let core = try stories.core()
        for (index, request) in requests.enumerated() {
            let tokens = try #require(expected[index].summary?.tokens)
            for count in Set([1, tokens.count / 2, tokens.count - 1]) where count > 0 && count < tokens.count {
                var rest = request
                rest.generated = Array(tokens.prefix(count))
                try core.submit(rest, id: 1, arrival: .zero)
                let outcome = try #require(try core.run()[1])
                #expect(outcome.summary?.tokens == tokens, "request \(index) from \(count) on")
                #expect(outcome.tokens == Array(expected[index].tokens.dropFirst(count)))
                #expect(outcome.text == expected[index].text, "request \(index) told again from \(count) on")
            }
        }
    }

    /// Thousands of short requests that come, are cancelled, run out of time and lose their blocks.
    @Test func nothingLeaks() throws {
        let core = try stories.core(blocks: 10) { $0.stepTokens = 40 }
        var random = SplitMix64(seed: 5)
        var id: RequestID = 0
        var (ended, refused, now) = (0, 0, Duration.zero)
        let emit: EngineCore.Emit = { _, event in
            switch event {
            case .success(.finished), .failure: ended += 1
            default: break
            }
        }
        let pool = requests(count: 40, seed: 6)
        while id < 2000 || !core.isIdle {
            while id < 2000, random.next(below: 2) == 0 {
                var request = pool[random.next(below: pool.count)]
                request.prompt = Array(request.prompt.prefix(1 + random.next(below: 60)))
                if request.prompt.count == 1 { request.scoresFrom = nil }
                request.maxTokens = random.next(below: 4) == 0 ? 120 : random.next(below: 6)
                request.tenant = UInt32(random.next(below: 3))
                request.priority = random.next(below: 3)
                if random.next(below: 8) == 0 { request.timeout = .milliseconds(random.next(below: 200)) }
                if core.scheduler.waitingCount < 64 {
                    try core.submit(request, id: id, arrival: now)
                } else {
                    refused += 1
                }
                id += 1
            }
            if random.next(below: 10) == 0, let id = core.served.keys.max() { core.cancel(id, at: now, emit: emit) }
            core.step(clock: { now }, isCancelled: { random.next(below: 400) == 0 }, emit: emit)
            now += .milliseconds(10)
            #expect(core.scheduler.inconsistency() == nil)
        }
        #expect(ended + refused == 2000 && core.served.isEmpty)
        #expect(core.statistics.heldBlocks == 0 && core.statistics.preemptions > 0)
        core.dropCache()
        #expect(core.scheduler.ledger.availableCount == 10 && core.scheduler.ledger.keptCount == 0)
    }
}
