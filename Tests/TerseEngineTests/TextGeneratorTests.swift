import TerseModel
import TestSupport
import Testing

@testable import TerseEngine

@Suite(.enabled(if: TestData.stories != nil, "\(TestData.absence)"))
struct TextGeneratorTests {
    let stories: StoriesModel

    init() throws { stories = try StoriesModel() }

    @Test func streamsTheGoldenText() async throws {
        let (text, summary) = try await collect(stories.generator().generate(stories.goldenRequest))
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
        var options = RunnerOptions()
        options.maxRows = maxRows
        let prompt = "Once upon a time, there was a little girl named Lily. She loved to play outside"
        let tokens = stories.tokenizer.encode(prompt, addSpecial: true)
        #expect(tokens.first == 1)
        let request = GenerationRequest(prompt: tokens, policy: .greedy, maxTokens: 20)
        let (text, _) = try await collect(stories.generator(options).generate(request))
        #expect(text.hasPrefix(" in the park. One day, she saw a big"))
    }

    @Test func stopsAtAStringThatTokensShare() async throws {
        var request = stories.goldenRequest
        request.stopStrings = ["xyz", "big, red"]
        let (text, summary) = try await collect(stories.generator().generate(request))
        #expect(summary.reason == .stopString("big, red"))
        #expect(stories.golden.hasPrefix(text + "big, red"))
        #expect(text.hasSuffix("saw a "))
    }

    @Test func stopsWhenTheContextIsFull() async throws {
        var options = RunnerOptions()
        options.contextLength = 40
        var request = stories.goldenRequest
        request.maxTokens = nil
        let (text, summary) = try await collect(stories.generator(options).generate(request))
        #expect(summary.reason == .contextFull)
        #expect(summary.tokens.count == 40)
        #expect(stories.golden.hasPrefix(text))
    }

    @Test func stopsAtEndOfText() async throws {
        var request = stories.goldenRequest
        // The first token of the golden text, declared to be an end.
        let first = stories.tokenizer.encode("Once")[0]
        request.stopTokens = [first]
        let (text, summary) = try await collect(stories.generator().generate(request))
        #expect(summary.reason == .endOfText)
        #expect(text.isEmpty)
        #expect(summary.tokens == [first])
    }

    @Test func theNextTurnCostsOnlyItsNewTokens() async throws {
        let generator = try stories.generator()
        var first = stories.goldenRequest
        first.maxTokens = 30
        let (_, summary) = try await collect(generator.generate(first))
        let history = first.prompt + summary.tokens
        let second = GenerationRequest(prompt: history + [13, 410, 469], policy: .greedy, maxTokens: 12)
        let (text, next) = try await collect(generator.generate(second))
        // The last of the chosen tokens was never run.
        #expect(next.reusedTokens == history.count - 1)
        let (fresh, alone) = try await collect(stories.generator().generate(second))
        #expect(alone.reusedTokens == 0)
        #expect(text == fresh)
        #expect(next.tokens == alone.tokens)
    }

    @Test func sameSeedSameText() async throws {
        var request = GenerationRequest(prompt: [1], maxTokens: 60)
        request.policy.temperature = 1
        request.policy.seed = 7
        let first = try await collect(stories.generator().generate(request))
        let second = try await collect(stories.generator().generate(request))
        #expect(first.text == second.text)
        #expect(first.summary.tokens == second.summary.tokens)
        #expect(first.summary.seed == 7)
        request.policy.seed = 8
        let third = try await collect(stories.generator().generate(request))
        #expect(third.text != first.text)
    }

    @Test func cancellingEndsWithWhatThereIs() async throws {
        let generator = try stories.generator()
        var request = stories.goldenRequest
        request.maxTokens = nil
        request.ignoresEndOfText = true
        let generation = generator.generate(request)
        var text = ""
        var reason: GenerationSummary.Reason?
        for try await event in generation.events {
            switch event {
            case .text(let piece):
                text += piece
                generation.cancel()
            case .finished(let summary): reason = summary.reason
            case .prompt: break
            }
        }
        #expect(reason == .cancelled || reason == .contextFull)
        #expect(!text.isEmpty)
        // The generator is free again.
        let (golden, _) = try await collect(generator.generate(stories.goldenRequest))
        #expect(golden == stories.golden)
    }

    @Test func aReaderThatGoesAwayFreesTheGenerator() async throws {
        let generator = try stories.generator()
        var endless = stories.goldenRequest
        (endless.maxTokens, endless.ignoresEndOfText) = (nil, true)
        for _ in 0..<3 {
            for try await _ in generator.generate(endless).events { break }
        }
        let (golden, _) = try await collect(generator.generate(stories.goldenRequest))
        #expect(golden == stories.golden)
    }

    /// A reader who begins late finds more events than fit waiting: nothing of the text is lost.
    @Test func aSlowReaderGetsTheWholeText() async throws {
        let generator = try stories.generator()
        var request = stories.goldenRequest
        (request.maxTokens, request.ignoresEndOfText) = (500, true)
        let (whole, summary) = try await collect(generator.generate(request))
        #expect(summary.tokens.count == 500)
        #expect(summary.tokens.count > TextGenerator.bufferedEventsMax)
        let late = generator.generate(request)
        try await Task.sleep(for: .seconds(1))
        let (text, again) = try await collect(late)
        #expect(text == whole)
        #expect(again.tokens == summary.tokens)
    }

    @Test func badRequestsAreRefused() async throws {
        let generator = try stories.generator()
        let long = GenerationRequest(prompt: Array(repeating: 5, count: 600), policy: .greedy, maxTokens: 1)
        await #expect(throws: EngineError.self) { try await collect(generator.generate(long)) }
        let foreign = GenerationRequest(prompt: [512], policy: .greedy, maxTokens: 1)
        await #expect(throws: EngineError(.badRequest, "token 512 in a vocabulary of 512")) {
            try await collect(generator.generate(foreign))
        }
        await #expect(throws: EngineError.self) {
            try await collect(generator.generate(GenerationRequest(prompt: [], policy: .greedy, maxTokens: 1)))
        }
        generator.shutDown()
        await #expect(throws: EngineError(.shutDown, "the generator was shut down")) {
            try await collect(generator.generate(stories.goldenRequest))
        }
    }
}
