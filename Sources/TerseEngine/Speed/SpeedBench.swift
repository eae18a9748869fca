import TerseModel
import TerseTensor

/// Times a model on prompts, generation and concurrent streams: random tokens as prompts, the most probable token as the
/// next.
///
/// Belongs to one thread, as its runner does.
public final class SpeedBench {
    private let runner: ModelRunner
    private let batch: ForwardBatch
    private let candidates: CandidateSet
    private let tests: [SpeedTest]
    /// The sequences of tests of one depth: filled up to it when they are first needed, cut back to it afterwards.
    private var sequences: [Int: [KVSequence]] = [:]

    /// What a runner needs to hold these tests.
    /// - Parameter base: what the tests do not decide: how keys and values are held, and the longest chunk of a prompt.
    public static func options(for tests: [SpeedTest], base: RunnerOptions) -> RunnerOptions {
        var options = base
        let streams = tests.map(\.streams).max() ?? 1
        let byDepth = Dictionary(grouping: tests, by: \.depth).values
        options.maxRows = max(base.maxRows, streams)
        options.contextLength = (tests.map { $0.depth + $0.size }.max() ?? 1) + 1
        options.sequenceCount = byDepth.reduce(0) { $0 + ($1.map(\.streams).max() ?? 1) }
        options.kvBlockCount = byDepth.reduce(0) { blocks, tests in
            let (streams, size) = (tests.map(\.streams).max() ?? 1, tests.map(\.size).max() ?? 1)
            return blocks + streams * KVLayout.blocks(forTokens: tests[0].depth + size)
        }
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
    /// - Parameters:
    ///   - seconds: a repetition is as many runs as take so long, and at least one.
    ///   - warmsUp: false where the tests have been run on this bench before.
    ///   - energy: joules on a meter that counts up, read before and after each run.
    ///   - checkpoint: called before each run with the number of repetitions done and in all, and while sequences are
    ///     filled; what it throws ends the measurement.
    /// - Returns: the results in the order of the tests.
    public func run(
        repetitions: Int, seconds: Double = 0, warmsUp: Bool = true, energy: () throws -> Double = { 0 },
        checkpoint: (_ done: Int, _ total: Int) throws -> Void
    ) throws -> [SpeedResult] {
        precondition(repetitions > 0)
        var measured = [[Repetition]](repeating: [], count: tests.count)
        let total = tests.count * (repetitions + (warmsUp ? 1 : 0))
        for round in (warmsUp ? 0 : 1)...repetitions {
            for (index, test) in tests.enumerated() {
                let done = (warmsUp ? round : round - 1) * tests.count + index
                let repetition = try repeated(test, seconds: round == 0 ? nil : seconds, energy) {
                    try checkpoint(done, total)
                }
                if round > 0 { measured[index].append(repetition) }
            }
        }
        return zip(tests, measured).map { test, measured in
            let head = measured.reduce(0) { $0 + $1.headBytes } / measured.reduce(0) { $0 + $1.tokens }
            return SpeedResult(
                test: test, tokensPerSecond: measured.map { $0.tokens / $0.seconds }.sorted(),
                joulesPerToken: measured.map { $0.joules / $0.tokens }.sorted(),
                bytesPerToken: head + bytesPerTokenBelowHead(test))
        }
    }

    /// What one measurement added up to.
    private struct Repetition {
        var tokens = 0.0
        var seconds = 0.0
        var joules = 0.0
        /// Read of the output head.
        var headBytes = 0.0
    }

    /// - Parameter seconds: nil to warm up.
    private func repeated(
        _ test: SpeedTest, seconds: Double?, _ energy: () throws -> Double, checkpoint: () throws -> Void
    ) throws -> Repetition {
        var repetition = Repetition()
        repeat {
            let sequences = try sequences(for: test, checkpoint: checkpoint)
            let (bytes, joules) = (runner.head.bytesRead, try energy())
            let elapsed = try ContinuousClock().measure { try run(test, sequences, isWarmUp: seconds == nil) }
            repetition.joules += try energy() - joules
            repetition.tokens += Double(test.tokenCount)
            repetition.seconds += elapsed / .seconds(1)
            repetition.headBytes += Double(runner.head.bytesRead - bytes)
        } while repetition.seconds < seconds ?? 0
        return repetition
    }

    /// Every weight of the layers is read once in a pass, and with each generated token the sequence's keys and values up
    /// to it.
    private func bytesPerTokenBelowHead(_ test: SpeedTest) -> Double {
        let layers = Double(runner.model.passBytes - runner.model.headBytes)
        switch test.kind {
        case .generate, .streams:
            let positions = Double(test.depth) + Double(test.size + 1) / 2
            return layers / Double(test.streams) + positions * Double(runner.plan.kvBytesPerToken)
        case .prompt:
            let passes = test.tokenCount.pieces(of: batch.maxRows)
            return layers * Double(passes) / Double(test.tokenCount)
        }
    }

    /// A sequence for each stream of a test, with as many tokens in as the test's depth.
    private func sequences(for test: SpeedTest, checkpoint: () throws -> Void) throws -> [KVSequence] {
        while sequences[test.depth, default: []].count < test.streams {
            let sequence = try runner.makeSequence()
            var random = PromptTokens(vocabularySize: runner.model.configuration.vocabularySize)
            while sequence.count < test.depth {
                try checkpoint()
                let rows = min(test.depth - sequence.count, batch.maxRows)
                try batch.append(random.next(rows), to: sequence, outputs: .none)
                runner.forward(batch)
            }
            sequences[test.depth, default: []].append(sequence)
        }
        try checkpoint()
        let all = sequences[test.depth, default: []]
        for sequence in all { sequence.truncate(to: test.depth) }
        return Array(all.prefix(test.streams))
    }

    /// Tokens after which a warm-up has touched everything that a test touches.
    private static let warmUpTokens = 2

    private func run(_ test: SpeedTest, _ sequences: [KVSequence], isWarmUp: Bool) throws {
        switch test.kind {
        case .prompt: try runPrompts(isWarmUp ? min(test.size, batch.maxRows) : test.size, sequences)
        case .generate, .streams: try generate(isWarmUp ? min(test.size, Self.warmUpTokens) : test.size, sequences)
        }
    }

    /// One prompt after the other, each pass as full as the batch allows.
    private func runPrompts(_ size: Int, _ sequences: [KVSequence]) throws {
        var random = PromptTokens(vocabularySize: runner.model.configuration.vocabularySize)
        var (room, outputs) = (batch.maxRows, 0)
        for (index, sequence) in sequences.enumerated() {
            var left = size
            while left > 0 {
                let rows = min(left, room)
                left -= rows
                room -= rows
                try batch.append(random.next(rows), to: sequence, outputs: left == 0 ? .last : .none)
                if left == 0 { outputs += 1 }
                guard room == 0 || (left == 0 && index == sequences.count - 1) else { continue }
                runner.forward(batch)
                if outputs > 0 { _ = try choose(rows: outputs) }
                (room, outputs) = (batch.maxRows, 0)
            }
        }
    }

    private func generate(_ size: Int, _ sequences: [KVSequence]) throws {
        var tokens = Self.firstTokens(
            streams: sequences.count, vocabularySize: runner.model.configuration.vocabularySize)
        for _ in 0..<size {
            for (sequence, token) in zip(sequences, tokens) {
                try batch.append(CollectionOfOne(token), to: sequence, outputs: .last)
            }
            runner.forward(batch)
            tokens = try choose(rows: sequences.count)
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
