import TerseModel

/// Times a model on prompts, generation and concurrent streams: random tokens as prompts, the most probable token as the
/// next.
///
/// Belongs to one thread, as its runner does.
public struct SpeedBench {
    private let runner: ModelRunner
    private let batch: ForwardBatch
    private let candidates: CandidateSet
    private let tests: [SpeedTest]

    /// What a runner needs to hold these tests.
    /// - Parameter base: what the tests do not decide: how keys and values are held, and the longest chunk of a prompt.
    public static func options(for tests: [SpeedTest], base: RunnerOptions) -> RunnerOptions {
        var options = base
        let streams = tests.map(\.streams).max() ?? 1
        options.maxRows = max(base.maxRows, streams)
        options.contextLength = (tests.map(\.size).max() ?? 1) + 1
        options.sequenceCount = streams
        options.maxLogitRows = streams
        return options
    }

    /// The tokens that streams begin with.
    public static func firstTokens(streams: Int, vocabularySize: Int) -> [Int32] {
        var random = PromptTokens(vocabularySize: vocabularySize)
        return random.next(streams)
    }

    /// - Parameter runner: made with `options(for:base:)`.
    /// - Throws: `ModelError` (`outOfMemory`) when there is no memory for the tests' batches.
    public init(_ runner: ModelRunner, tests: [SpeedTest]) throws(ModelError) {
        self.runner = runner
        self.tests = tests
        batch = try runner.makeBatch()
        candidates = try CandidateSet(vocabularySize: runner.model.configuration.vocabularySize)
    }

    /// Runs every test once to warm up, then all of them in turn, `repetitions` times over, so that a machine that gets
    /// slower or faster meanwhile treats them alike.
    ///
    /// - Parameter checkpoint: called before each run with the number of runs done and in all; what it throws ends the
    ///   measurement.
    /// - Returns: the results in the order of the tests.
    public func run(repetitions: Int, checkpoint: (_ done: Int, _ total: Int) throws -> Void) throws -> [SpeedResult] {
        precondition(repetitions > 0)
        var figures = [[Double]](repeating: [], count: tests.count)
        let clock = ContinuousClock()
        let total = tests.count * (repetitions + 1)
        for round in 0...repetitions {
            for (index, test) in tests.enumerated() {
                try checkpoint(round * tests.count + index, total)
                let elapsed = try clock.measure { try run(test, isWarmUp: round == 0) }
                if round > 0 { figures[index].append(Double(test.tokenCount) / (elapsed / .seconds(1))) }
            }
        }
        return zip(tests, figures).map { test, figures in
            SpeedResult(test: test, tokensPerSecond: figures.sorted(), bytesPerToken: bytesPerToken(test))
        }
    }

    /// Every weight is read once in a pass, the head only where a token is chosen.
    private func bytesPerToken(_ test: SpeedTest) -> Double {
        let model = runner.model
        switch test.kind {
        case .generate, .streams: return Double(model.passBytes) / Double(test.streams)
        case .prompt:
            let passes = (test.size + batch.maxRows - 1) / batch.maxRows
            let bytes = (model.passBytes - model.headBytes) * passes + model.headBytes
            return Double(bytes) / Double(test.size)
        }
    }

    /// Tokens after which a warm-up has touched everything that a test touches.
    private static let warmUpTokens = 2

    private func run(_ test: SpeedTest, isWarmUp: Bool) throws {
        switch test.kind {
        case .prompt: try runPrompt(isWarmUp ? min(test.size, batch.maxRows) : test.size)
        case .generate, .streams: try generate(isWarmUp ? Self.warmUpTokens : test.size, streams: test.streams)
        }
    }

    private func runPrompt(_ size: Int) throws {
        let sequence = try runner.makeSequence()
        var random = PromptTokens(vocabularySize: runner.model.configuration.vocabularySize)
        var left = size
        while left > 0 {
            let rows = min(left, batch.maxRows)
            left -= rows
            try batch.append(random.next(rows), to: sequence, outputs: left == 0 ? .last : .none)
            runner.forward(batch)
        }
        _ = try choose(rows: 1)
    }

    private func generate(_ size: Int, streams: Int) throws {
        let sequences = try (0..<streams).map { _ in try runner.makeSequence() }
        var tokens = Self.firstTokens(
            streams: streams, vocabularySize: runner.model.configuration.vocabularySize)
        for _ in 0..<size {
            for (sequence, token) in zip(sequences, tokens) {
                try batch.append(CollectionOfOne(token), to: sequence, outputs: .last)
            }
            runner.forward(batch)
            tokens = try choose(rows: streams)
        }
    }

    /// The most probable token after each output.
    private func choose(rows: Int) throws -> [Int32] {
        let vocabulary = runner.model.configuration.vocabularySize
        let logits = runner.logits(first: 0, count: rows, greatest: 1)
        var sampler = try Sampler(.greedy, vocabularySize: vocabulary)
        return try (0..<rows).map { row in
            let slice = UnsafeMutableBufferPointer(rebasing: logits[row * vocabulary..<(row + 1) * vocabulary])
            return try sampler.sample(slice, candidates: candidates)
        }
    }
}

/// The same random tokens in every run.
private struct PromptTokens {
    let vocabularySize: Int
    private var random = RandomSource(seed: 0)

    init(vocabularySize: Int) { self.vocabularySize = vocabularySize }

    mutating func next(_ count: Int) -> [Int32] {
        (0..<count).map { _ in Int32.random(in: 0..<Int32(vocabularySize), using: &random) }
    }
}
