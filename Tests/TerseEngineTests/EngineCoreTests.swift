import Foundation
import TerseModel
import Testing

@testable import TerseEngine

/// What an engine tells of a request, on the caller's thread and by a clock that the test sets.
@Suite struct EngineCoreTests {
    let stories: TinyEngine

    init() throws { stories = try TinyEngine.stories() }

    private func only(_ request: GenerationRequest, on core: EngineCore) throws -> Outcome {
        try core.submit(request, id: 7, arrival: .zero)
        return try #require(try core.run()[7])
    }

    /// The probabilities are those of the logits, whatever bias and temperature made of the choice.
    @Test func probabilitiesAreTheModelsOwn() throws {
        let core = try stories.core()
        var request = GenerationRequest(prompt: [1], policy: .greedy, maxTokens: 10)
        request.logProbabilities = 5
        let plain = try only(request, on: core)
        #expect(plain.tokens.map(\.id) == plain.summary?.tokens)
        for token in plain.tokens {
            let probabilities = try #require(token.probabilities)
            #expect(probabilities.top.count == 5)
            #expect(probabilities.top[0].token == token.id)
            #expect(probabilities.top[0].logProbability == probabilities.chosen)
            let sum = probabilities.top.reduce(0) { $0 + exp($1.logProbability) }
            #expect(sum > 0 && sum <= 1.0001)
            #expect(
                zip(probabilities.top, probabilities.top.dropFirst()).allSatisfy {
                    $0.logProbability >= $1.logProbability
                })
        }
        let second = try #require(plain.tokens[0].probabilities?.top[1])
        request.policy.logitBias = [plain.tokens[0].id: -.infinity]
        let biased = try only(request, on: core)
        #expect(biased.tokens[0].id == second.token)
        #expect(biased.tokens[0].probabilities?.chosen == second.logProbability)
        #expect(biased.tokens[0].probabilities?.top == plain.tokens[0].probabilities?.top)
        request.logProbabilities = 0
        #expect(try only(request, on: core).tokens[0].probabilities?.top == [])
    }

    /// Tokens of one residue, and another after each; none of the first three, which end a text.
    private struct Rounds: TokenConstraint {
        var turn = 0
        /// Tokens after which the text is complete, or cannot go on.
        var left = Int.max
        var canEnd = true

        mutating func allow(in mask: UnsafeMutableBufferPointer<UInt64>) throws(EngineError) -> Bool {
            for word in mask.indices {
                mask[word] = (0..<64).reduce(0) { $0 | ((word * 64 + $1) % 3 == turn ? 1 << UInt64($1) : 0) }
            }
            mask[0] &= ~7
            if left == 0, !canEnd { throw EngineError(.badRequest, "no way on") }
            return left > 0
        }

        mutating func accept(_ token: Int32) {
            turn = (turn + 1) % 3
            left -= 1
        }
    }

    @Test func constraintsEndTexts() throws {
        let core = try stories.core()
        var request = GenerationRequest(prompt: [1], policy: .greedy, maxTokens: 30)
        request.constraint = Rounds(left: 5)
        let summary = try #require(try only(request, on: core).summary)
        #expect(summary.tokens.count == 5 && summary.reason == .endOfText)
        request.constraint = Rounds(left: 5, canEnd: false)
        let outcome = try only(request, on: core)
        #expect(outcome.error?.code == .badRequest && outcome.error?.message.hasSuffix("no way on") == true)
        #expect(outcome.tokens.isEmpty && outcome.summary == nil)
    }

    /// What allows nothing but the end of the text is obeyed though the request would not see it.
    private struct End: TokenConstraint {
        var turn = 0

        mutating func allow(in mask: UnsafeMutableBufferPointer<UInt64>) throws(EngineError) -> Bool {
            for word in mask.indices { mask[word] = 0 }
            mask[0] = turn == 0 ? 1 << 5 : 1 << 2
            return true
        }

        mutating func accept(_ token: Int32) { turn += 1 }
    }

    @Test func constrainedTextsEndWhereTheyMust() throws {
        let core = try stories.core()
        var request = GenerationRequest(prompt: [1], policy: .greedy, maxTokens: 30)
        request.constraint = End()
        request.ignoresEndOfText = true
        let summary = try #require(try only(request, on: core).summary)
        #expect(summary.tokens == [5, 2] && summary.reason == .endOfText)
    }

    @Test(arguments: [0, 1] as [Float])
    func constraintsAreObeyed(temperature: Float) throws {
        let core = try stories.core()
        var request = GenerationRequest(prompt: [1], maxTokens: 30)
        (request.policy.temperature, request.policy.seed) = (temperature, 3)
        request.constraint = Rounds()
        request.ignoresEndOfText = true
        let tokens = try #require(try only(request, on: core).summary?.tokens)
        #expect(tokens.count == 30)
        #expect(tokens.enumerated().allSatisfy { Int($1) % 3 == $0 % 3 })
        // What was generated before counts.
        request.policy.seed = 3
        request.generated = Array(tokens.prefix(10))
        #expect(try only(request, on: core).summary?.tokens == tokens)
    }

    @Test func summariesTellWhenThingsHappened() throws {
        let core = try stories.core { ($0.stepTokens, $0.runningMax) = (8, 1) }
        let request = GenerationRequest(prompt: Array(2...21), policy: .greedy, maxTokens: 4)
        try core.submit(request, id: 1, arrival: .zero)
        var later = request
        (later.tenant, later.timeout) = (1, .milliseconds(6500))
        try core.submit(later, id: 2, arrival: .zero)
        var outcomes: [RequestID: Outcome] = [:]
        var reading = 0
        while !core.isIdle {
            // A reading at the beginning of a step and one at its end, half a second later.
            core.step(
                clock: {
                    defer { reading += 1 }
                    return .milliseconds(500 * reading)
                }, emit: { outcomes[$0, default: Outcome()].take($1) })
        }
        // Steps of 8, 8 and 4 tokens, and three of one.
        let first = try #require(outcomes[1]?.summary)
        #expect(first.reason == .maxTokens && first.queueDuration == .zero)
        #expect(first.promptDuration == .milliseconds(2500) && first.timeToFirstToken == .milliseconds(2500))
        #expect(first.generationDuration == .milliseconds(3000))
        let second = try #require(outcomes[2]?.summary)
        #expect(second.reason == .deadline && second.tokens.isEmpty)
        #expect(second.queueDuration == .milliseconds(6000) && second.timeToFirstToken == nil)
        #expect(core.statistics.ended == 2 && core.statistics.promptTokens == 40)
    }

    /// Who was accepted is not refused: requests that lost their blocks may wait beside as many as may wait.
    @Test func acceptedRequestsAreNotRefused() throws {
        let core = try stories.core { ($0.runningMax, $0.waitingMax) = (1, 1) }
        for id in 0..<4 as Range<RequestID> {
            try core.submit(GenerationRequest(prompt: [1], policy: .greedy, maxTokens: 2), id: id, arrival: .zero)
        }
        #expect(try core.run().values.allSatisfy { $0.summary?.reason == .maxTokens })
        let desk = EngineDesk(limits: core.scheduler.limits)
        let request = GenerationRequest(prompt: [1], policy: .greedy, maxTokens: 2)
        try desk.add([(request, Mailbox())], at: .zero)
        #expect(throws: EngineError.self) { try desk.add([(request, Mailbox())], at: .zero) }
        #expect(desk.next(after: core.statistics, retryAfter: .zero)?.count == 1)
    }

    /// Each token tells where its text begins, whatever is held back, and a stop string's tokens lie behind the text.
    @Test func tokensTellWhereTheirTextBegins() throws {
        let core = try stories.core()
        var request = GenerationRequest(prompt: [1, 403, 407], policy: .greedy, maxTokens: 60)
        request.stopStrings = ["big, red"]
        request.reportsTokens = true
        let outcome = try only(request, on: core)
        #expect(outcome.summary?.reason == .stopString("big, red"))
        var text: [UInt8] = []
        for token in outcome.tokens {
            #expect(token.textStart == text.count)
            text += stories.tokenizer.piece(token.id)
        }
        #expect(text.starts(with: outcome.text.utf8))
        #expect(outcome.tokens.contains { $0.textStart > outcome.text.utf8.count })
    }

    /// What would have been found out on the engine's thread is refused before.
    @Test func whatTheSchedulerWouldRefuseIsInvalid() throws {
        let core = try stories.core()
        var urgent = GenerationRequest(prompt: [1], policy: .greedy, maxTokens: 2)
        urgent.priority = 101
        #expect(throws: EngineError(.badRequest, "priority: expected -100...100, found 101")) {
            try urgent.validate(vocabularySize: core.runner.model.configuration.vocabularySize)
        }
        var over = GenerationRequest(prompt: [1], maxTokens: 2)
        (over.generated, over.policy.seed) = ([5, 6, 7], 1)
        #expect(throws: EngineError(.badRequest, "tokens to generate: expected 3 or more, found 2")) {
            try over.validate(vocabularySize: core.runner.model.configuration.vocabularySize)
        }
    }

    /// A score is what the runner says of the tokens one by one, however the prompt is cut into steps.
    @Test func scoresAreMeansOfLogarithmicProbabilities() throws {
        let prompt = Array(
            stories.tokenizer.encode("Once upon a time, there was a little girl named Lily.", addSpecial: true))
        let runner = try ModelRunner(stories.model, threads: 1)
        let (batch, sequence) = (try runner.makeBatch(), try runner.makeSequence())
        try batch.append(prompt, to: sequence, outputs: .all)
        runner.forward(batch)
        var logs: [Double] = []
        try runner.score(Array(prompt.dropFirst())) { logs.append($0) }
        for (first, stepTokens) in [(1, 3), (7, 16), (prompt.count - 1, 4)] {
            let core = try stories.core { ($0.stepTokens, $0.runningMax) = (stepTokens, 2) }
            var request = GenerationRequest(prompt: prompt, maxTokens: 0)
            request.scoresFrom = first
            let outcome = try only(request, on: core)
            let wanted = logs.dropFirst(first - 1)
            #expect(outcome.score?.mean == wanted.reduce(0, +) / Double(wanted.count), "\(outcome)")
            #expect(outcome.summary?.tokens == [] && outcome.error == nil)
            request.scoresFrom = prompt.count
            #expect(throws: EngineError.self) { try request.validate(vocabularySize: 512) }
        }
    }

    /// A model agrees with all that it says itself by the most probable token, and not with what it never would.
    @Test func agreementIsTheShareOfTheMostProbable() throws {
        let core = try stories.core { $0.runningMax = 2 }
        let prompt = stories.tokenizer.encode("Once upon a time", addSpecial: true)
        var greedy = GenerationRequest(prompt: prompt, maxTokens: 8)
        greedy.policy.temperature = 0
        let said = try #require(try only(greedy, on: core).summary?.tokens)
        for (continuation, agreement) in [(said, 1.0), (said + said.map { $0 == 300 ? 301 : 300 }, 0.5)] {
            var request = GenerationRequest(prompt: prompt + continuation, maxTokens: 0)
            request.scoresFrom = prompt.count
            #expect(try only(request, on: core).score?.agreement == agreement)
        }
    }

    /// The embedding is the mean of the hidden states that the runner gives, whatever the cache has.
    @Test func embeddingsAreMeansOfHiddenStates() throws {
        let core = try stories.core { ($0.stepTokens, $0.runningMax) = (16, 2) }
        let prompt = Array(
            stories.tokenizer.encode("Once upon a time, there was a little girl named Lily.", addSpecial: true))
        let runner = try ModelRunner(stories.model, threads: 1)
        let (batch, sequence) = (try runner.makeBatch(), try runner.makeSequence())
        try batch.append(prompt, to: sequence, outputs: .all)
        runner.forward(batch)
        let width = stories.model.configuration.hiddenSize
        var mean = [Double](repeating: 0, count: width)
        for output in prompt.indices {
            for column in 0..<width { mean[column] += Double(runner.hidden(output)[column]) }
        }
        let length = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
        var request = GenerationRequest(prompt: prompt, maxTokens: 0)
        request.embedsPrompt = true
        for _ in 0..<2 {
            let outcome = try only(request, on: core)
            #expect(outcome.embedding == mean.map { Float($0 / length) })
            #expect(outcome.summary?.reusedTokens == 0 && outcome.summary?.tokens == [])
        }
    }

    @Test func badRequestsNameTheParameter() throws {
        let core = try stories.core()
        func refusal(_ change: (inout GenerationRequest) -> Void) -> EngineError? {
            var request = GenerationRequest(prompt: [1, 2], policy: .greedy, maxTokens: 3)
            change(&request)
            do {
                try core.submit(request, id: 1, arrival: .zero)
                return nil
            } catch {
                return error
            }
        }
        #expect(
            refusal { $0.prompt = [1, 512] }?.message == "token at position 1: expected an id from 0 to 511, found 512")
        #expect(refusal { $0.logProbabilities = 21 }?.message == "logarithmic probabilities: expected 0…20, found 21")
        #expect(refusal { $0.policy.topP = 2 }?.message.hasPrefix("top_p: expected") == true)
        #expect(refusal { $0.timeout = .seconds(Int64.max / 2) }?.code == .badRequest)
        #expect(refusal { $0.timeout = .seconds(-1) }?.code == .badRequest)
        #expect(refusal { $0.guessesMax = 65 }?.message == "tokens guessed at: expected 0…64, found 65")
        #expect(refusal { $0.maxTokens = -1 }?.code == .badRequest)
        #expect(refusal { $0.priority = 101 }?.message == "priority: expected -100...100, found 101")
        #expect(refusal { $0.prompt = Array(repeating: 3, count: 513) }?.code == .promptTooLong)
        #expect(refusal { ($0.policy.seed, $0.generated) = (nil, [4]) }?.code == .badRequest)
        #expect(refusal { ($0.policy.seed, $0.generated) = (1, [4, 4, 4, 4]) }?.code == .badRequest)
        #expect(core.isIdle && core.served.isEmpty)
    }

    @Test func optionsOutOfRangeAreRefused() throws {
        func refusal(_ change: (inout EngineOptions) -> Void) -> EngineError? {
            var options = EngineOptions()
            options.threads = 1
            change(&options)
            do {
                _ = try Engine(model: stories.model, tokenizer: stories.tokenizer, options: options)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal { $0.contextLength = 0 }?.message.hasPrefix("context length: expected 1…") == true)
        #expect(refusal { $0.contextLength = -7 }?.code == .badRequest)
        #expect(
            refusal { $0.limits.stepTokens = 1 << 20 }?.message == "rows of a batch: expected 1…65536, found 1048576")
        #expect(refusal { $0.limits.agingInterval = .nanoseconds(1) }?.code == .badRequest)
        #expect(refusal { $0.limits.runningMax = 129 }?.code == .badRequest)
        #expect(refusal { $0.memoryBudgetBytes = 1000 }?.code == .model)
    }

    /// Blocks for what the budget leaves, to the last; and a budget that leaves none.
    @Test func theCacheTakesWhatTheBudgetLeaves() throws {
        var options = EngineOptions()
        options.limits.runningMax = 4
        options.threads = 2
        let plain = try Engine(model: stories.model, tokenizer: stories.tokenizer, options: options).plan
        options.memoryBudgetBytes = plain.totalBytes - 1
        let plan = try Engine(model: stories.model, tokenizer: stories.tokenizer, options: options).plan
        #expect(plan.totalBytes < plain.totalBytes)
        #expect(plan.kvBlockCount < plain.kvBlockCount && plan.kvBlockCount > plain.kvBlockCount - 5)
        options.memoryBudgetBytes = plain.totalBytes - plain.kvBytes
        let error = #expect(throws: EngineError.self) {
            try Engine(model: stories.model, tokenizer: stories.tokenizer, options: options)
        }
        #expect(error?.code == .model && error?.message.contains("KV cache") == true, "\(error as Any)")
    }
}
