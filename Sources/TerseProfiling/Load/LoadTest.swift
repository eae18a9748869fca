import TerseEngine
import TerseModel

/// Clients that each ask an engine again as soon as they have their answer.
///
/// Such a closed loop cannot be overrun, and measures what so many people at once wait for (Schroeder, Wierman and
/// Harchol-Balter, "Open versus closed", NSDI 2006).
public struct LoadTest: Sendable {
    /// Clients.
    public let streams: Int
    /// Of all clients together.
    public let requests: Int
    /// Of each request.
    public let promptTokens: Int
    /// Of each answer, whatever the model would say.
    public let outputTokens: Int
    /// What prompts are cut from, at places that depend on their numbers alone: real text is guessed at by speculation as real
    /// requests are. Empty: tokens by chance.
    public let text: [Int32]

    public init(streams: Int, requests: Int, promptTokens: Int, outputTokens: Int, text: [Int32] = []) {
        (self.streams, self.requests) = (streams, requests)
        (self.promptTokens, self.outputTokens, self.text) = (promptTokens, outputTokens, text)
    }

    /// Runs it.
    /// - Parameter progress: is told of each answer; false ends it.
    /// - Throws: `EngineError`, of the first request that failed; `CancellationError` when it was ended.
    public func run(
        on engine: Engine, progress: @escaping @Sendable () -> Bool = { true }
    ) async throws -> LoadResult {
        let start = ContinuousClock.now
        let answers = try await withThrowingTaskGroup(of: [LoadResult.Answer].self) { group in
            for client in 0..<streams {
                group.addTask {
                    var answers: [LoadResult.Answer] = []
                    for number in stride(from: client, to: requests, by: streams) {
                        answers.append(try await answer(number, engine))
                        guard progress() else { throw CancellationError() }
                    }
                    return answers
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return LoadResult(answers: answers, seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    private func answer(_ number: Int, _ engine: Engine) async throws -> LoadResult.Answer {
        var request = GenerationRequest(
            prompt: prompt(number, vocabularySize: engine.model.configuration.vocabularySize), policy: .greedy,
            maxTokens: outputTokens)
        request.ignoresEndOfText = true
        request.guessesMax = engine.guessesMax
        let generation = try engine.submit(request)
        var summary = GenerationSummary.untold
        for try await event in generation.events {
            if case .finished(let end) = event { summary = end }
        }
        let count = summary.tokens.count
        guard let first = summary.timeToFirstToken, count > 0 else { throw CancellationError() }
        return LoadResult.Answer(
            timeToFirstToken: first / .seconds(1),
            timePerOutputToken: summary.generationDuration / .seconds(1) / Double(max(count - 1, 1)), tokens: count)
    }

    /// No two alike, as far as the text goes, so that none is found in the cache.
    func prompt(_ number: Int, vocabularySize: Int) -> [Int32] {
        var random = RandomSource(seed: UInt64(number))
        guard text.count > promptTokens else {
            return (0..<promptTokens).map { _ in Int32.random(in: 0..<Int32(vocabularySize), using: &random) }
        }
        let start = Int.random(in: 0..<text.count - promptTokens, using: &random)
        return Array(text[start..<start + promptTokens])
    }
}
