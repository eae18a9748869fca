import TerseModel
import TestSupport
import Testing

@testable import TerseEngine

@Suite struct EngineTests {
    let stories: StoriesModel

    init() throws { stories = try StoriesModel() }

    @Test func streamsTheGoldenText() async throws {
        let (text, summary) = try await collect(stories.engine().submit(stories.goldenRequest))
        #expect(text == stories.golden)
        #expect(summary.reason == .maxTokens)
        #expect(summary.tokens.count == 200)
        #expect(summary.promptTokens == 1)
        #expect(summary.timeToFirstToken != nil)
        #expect(summary.generatedTokensPerSecond > 0)
    }

    /// A prompt in the middle of the golden text goes on with it, whatever the size of its chunks.
    @Test(arguments: [512, 5, 1])
    func goesOnWithAPrompt(maxRows: Int) async throws {
        var options = EngineOptions()
        (options.limits.stepTokens, options.limits.runningMax) = (maxRows, 1)
        let prompt = "Once upon a time, there was a little girl named Lily. She loved to play outside"
        let tokens = stories.tokenizer.encode(prompt, addSpecial: true)
        #expect(tokens.first == 1)
        let request = GenerationRequest(prompt: tokens, policy: .greedy, maxTokens: 20)
        let (text, _) = try await collect(stories.engine(options).submit(request))
        #expect(text.hasPrefix(" in the park. One day, she saw a big"))
    }

    @Test func stopsAtAStringThatTokensShare() async throws {
        var request = stories.goldenRequest
        request.stopStrings = ["xyz", "big, red"]
        let (text, summary) = try await collect(stories.engine().submit(request))
        #expect(summary.reason == .stopString("big, red"))
        #expect(stories.golden.hasPrefix(text + "big, red"))
        #expect(text.hasSuffix("saw a "))
    }

    /// The engine before was gone when it had chosen the last token and not said so.
    @Test func knowsThatItWasTheEnd() async throws {
        var request = stories.goldenRequest
        request.stopStrings = ["big, red"]
        let (text, summary) = try await collect(stories.engine().submit(request))
        request.policy.seed = summary.seed
        request.generated = summary.tokens
        let (again, end) = try await collect(stories.engine().submit(request))
        #expect(again == text)
        #expect(end.reason == summary.reason)
        #expect(end.tokens == summary.tokens)
    }

    @Test func stopsWhenTheContextIsFull() async throws {
        var options = EngineOptions()
        options.contextLength = 40
        var request = stories.goldenRequest
        request.maxTokens = nil
        let (text, summary) = try await collect(stories.engine(options).submit(request))
        #expect(summary.reason == .contextFull)
        #expect(summary.tokens.count == 40)
        #expect(stories.golden.hasPrefix(text))
    }

    @Test func stopsAtEndOfText() async throws {
        var request = stories.goldenRequest
        let end = try #require(stories.tokenizer.endOfTextIDs.first)
        request.policy.logitBias = [end: 100]
        let (text, summary) = try await collect(stories.engine().submit(request))
        #expect(summary.reason == .endOfText)
        #expect(text.isEmpty)
        #expect(summary.tokens == [end])
    }

    @Test func theNextTurnCostsOnlyItsNewTokens() async throws {
        let engine = try stories.engine()
        var first = stories.goldenRequest
        first.maxTokens = 30
        let (_, summary) = try await collect(engine.submit(first))
        let history = first.prompt + summary.tokens
        let second = GenerationRequest(prompt: history + [13, 410, 469], policy: .greedy, maxTokens: 12)
        let (text, next) = try await collect(engine.submit(second))
        // The last of the chosen tokens was never run.
        #expect(next.reusedTokens == history.count - 1)
        let (fresh, alone) = try await collect(stories.engine().submit(second))
        #expect(alone.reusedTokens == 0)
        #expect(text == fresh)
        #expect(next.tokens == alone.tokens)
    }

    @Test func sameSeedSameText() async throws {
        var request = GenerationRequest(prompt: [1], maxTokens: 60)
        request.policy.temperature = 1
        request.policy.seed = 7
        let first = try await collect(stories.engine().submit(request))
        let second = try await collect(stories.engine().submit(request))
        #expect(first.text == second.text)
        #expect(first.summary.tokens == second.summary.tokens)
        #expect(first.summary.seed == 7)
        request.policy.seed = 8
        let third = try await collect(stories.engine().submit(request))
        #expect(third.text != first.text)
    }

    @Test func cancellingEndsWithWhatThereIs() async throws {
        let engine = try stories.engine(stories.endlessOptions)
        let generation = try engine.submit(stories.endlessRequest)
        var text = ""
        var reason: GenerationSummary.Reason?
        for try await event in generation.events {
            switch event {
            case .text(let piece):
                text += piece
                generation.cancel()
            case .finished(let summary): reason = summary.reason
            case .prompt, .embedding, .score, .tokens: break
            }
        }
        #expect(reason == .cancelled)
        #expect(text.hasPrefix("Once") && stories.golden.hasPrefix(text.prefix(200)))
        // The generator is free again.
        let (golden, _) = try await collect(engine.submit(stories.goldenRequest))
        #expect(golden == stories.golden)
    }

    @Test func aReaderThatGoesAwayFreesTheGenerator() async throws {
        let engine = try stories.engine(stories.endlessOptions)
        for _ in 0..<3 {
            for try await _ in try engine.submit(stories.endlessRequest).events { break }
        }
        let (golden, _) = try await collect(engine.submit(stories.goldenRequest))
        #expect(golden == stories.golden)
    }

    @Test func aCancelledTaskFreesTheGenerator() async throws {
        let engine = try stories.engine(stories.endlessOptions)
        let (begun, continuation) = AsyncStream.makeStream(of: Void.self)
        let generation = try engine.submit(stories.endlessRequest)
        let reader = Task {
            for try await _ in generation.events { continuation.yield() }
        }
        for await _ in begun { break }
        reader.cancel()
        try await reader.value
        let (golden, _) = try await collect(engine.submit(stories.goldenRequest))
        #expect(golden == stories.golden)
    }

    /// Nobody reads what was generated, whether cancelled or not: the next request is served all the same, and a reader who
    /// comes late finds the whole text.
    @Test func whoDoesNotReadHoldsNobodyUp() async throws {
        let engine = try stories.engine(stories.endlessOptions)
        let cancelled = try engine.submit(stories.endlessRequest)
        for try await event in cancelled.events {
            guard case .text = event else { continue }
            cancelled.cancel()
            break
        }
        var long = stories.endlessRequest
        long.maxTokens = 600
        let unread = try engine.submit(long)
        let (golden, _) = try await collect(engine.submit(stories.goldenRequest))
        #expect(golden == stories.golden)
        let (text, summary) = try await collect(unread)
        #expect(summary.tokens.count == 600)
        #expect(text.hasPrefix(stories.golden))
        let (again, _) = try await collect(engine.submit(long))
        #expect(text == again)
        guard case .finished(let end)? = try await collectRest(cancelled).last else {
            Issue.record("the events of a cancelled generation have no end")
            return
        }
        #expect(end.reason == .cancelled)
    }

    private func collectRest(_ generation: Generation) async throws -> [GenerationEvent] {
        var events: [GenerationEvent] = []
        for try await event in generation.events { events.append(event) }
        return events
    }

    /// What was generated comes, and then the error: what is under way and what waits.
    @Test func shuttingDownEndsStreamsWithAnError() async throws {
        let shutDown = EngineError(.shutDown, "the engine takes no more requests")
        var options = stories.endlessOptions
        options.limits.runningMax = 1
        let engine = try stories.engine(options)
        let generation = try engine.submit(stories.endlessRequest)
        let waiting = try engine.submit(stories.goldenRequest)
        var text = ""
        let error = await #expect(throws: EngineError.self) {
            for try await event in generation.events {
                guard case .text(let piece) = event else { continue }
                text += piece
                engine.shutDown()
            }
        }
        #expect(error == shutDown)
        #expect(text.hasPrefix("Once"))
        await #expect(throws: shutDown) { try await collect(waiting) }
        await #expect(throws: shutDown) { try await collect(engine.submit(stories.goldenRequest)) }
    }

    /// Who came before has all of its text, who comes after is refused.
    @Test func drainingLetsEverythingEnd() async throws {
        let engine = try stories.engine()
        let generations = try (0..<5).map { _ in try engine.submit(stories.goldenRequest) }
        await engine.drain()
        #expect(throws: EngineError.self) { try engine.submit(stories.goldenRequest) }
        for generation in generations { #expect(try await collect(generation).text == stories.golden) }
        await engine.drain()
        #expect(engine.statistics.ended == 5 && engine.statistics.running == 0)
        #expect(engine.statistics.heldBlocks == 0)
    }

    @Test func embeddingsComeBack() async throws {
        let engine = try stories.engine()
        let embedding = try await engine.embed([GenerationRequest(prompt: [1, 403, 407])])[0]
        #expect(embedding.count == stories.model.configuration.hiddenSize)
        #expect(abs(embedding.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        var late = GenerationRequest(prompt: [1, 403, 407])
        late.timeout = .zero
        let error = await #expect(throws: EngineError.self) { try await engine.embed([late]) }
        #expect(error?.code == .cancelled)
    }

    /// Many tasks at once, some of which go away.
    @Test func manyReadersAtOnce() async throws {
        var options = EngineOptions()
        options.limits.runningMax = 8
        let engine = try stories.engine(options)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<24 {
                group.addTask {
                    var request = stories.goldenRequest
                    request.tenant = UInt32(index % 3)
                    request.maxTokens = 60
                    let generation = try engine.submit(request)
                    if index % 4 == 3 {
                        for try await event in generation.events { if case .text = event { return } }
                    } else {
                        let (text, summary) = try await collect(generation)
                        #expect(stories.golden.hasPrefix(text) && summary.tokens.count == 60)
                    }
                }
            }
            try await group.waitForAll()
        }
        await engine.drain()
        #expect(engine.statistics.heldBlocks == 0 && engine.statistics.ended == 24)
    }

    /// One more than may wait behind the one under way.
    @Test func tooManyRequestsAreRefused() async throws {
        var options = stories.endlessOptions
        (options.limits.runningMax, options.limits.waitingMax) = (1, 8)
        let engine = try stories.engine(options)
        let endless = try engine.submit(stories.endlessRequest)
        #expect(await eventually { engine.statistics.running == 1 })
        let waiting = try (0..<8).map { _ in try engine.submit(stories.goldenRequest) }
        let refusal = #expect(throws: EngineError.self) { try engine.submit(stories.goldenRequest) }
        #expect(refusal?.code == .busy && refusal?.message == "8 requests of 8 tokens wait already")
        #expect(refusal?.retryAfter.map { $0 >= .seconds(1) } == true)
        #expect(engine.statistics.refusals == 1)
        for generation in waiting.dropFirst() { generation.cancel() }
        endless.cancel()
        #expect(try await collect(waiting[0]).text == stories.golden)
    }

    @Test func badRequestsAreRefused() async throws {
        let engine = try stories.engine()
        let long = GenerationRequest(prompt: Array(repeating: 5, count: 600), policy: .greedy, maxTokens: 1)
        await #expect(throws: EngineError.self) { try await collect(engine.submit(long)) }
        let foreign = GenerationRequest(prompt: [512], policy: .greedy, maxTokens: 1)
        let refusal = EngineError(.badRequest, "token at position 0: expected an id from 0 to 511, found 512")
        await #expect(throws: refusal) { try await collect(engine.submit(foreign)) }
        await #expect(throws: EngineError.self) {
            try await collect(engine.submit(GenerationRequest(prompt: [], policy: .greedy, maxTokens: 1)))
        }
    }
}
