import TerseTensor
import Testing

@testable import TerseModel

/// Heads of which only those logits are computed that may be wanted.
@Suite struct HeadTests {
    private static let first: [Int32] = [3, 250]
    private static let length = 20

    /// A model in which one row stands out after each token of two texts.
    private func model() throws -> Model {
        let team = ThreadTeam(threads: 2)
        let file = try TinyModel.file(.bitnet, .tq2_0)
        return try Model(
            SyntheticModel.plantingHead(0.8, in: file, after: Self.first, length: Self.length, team: team))
    }

    @Test func plantedRowsFollowEachOther() throws {
        let model = try model()
        #expect(!model.hasTiedOutput)
        var options = RunnerOptions()
        options.sequenceCount = 2
        let runner = try ModelRunner(model, threads: 2, options: options)
        var sampler = try Sampler(.greedy, vocabularySize: 300)
        for (text, first) in Self.first.enumerated() {
            let (batch, sequence) = (try runner.makeBatch(), try runner.makeSequence())
            var token = first
            for step in 0..<Self.length {
                try batch.append(CollectionOfOne(token), to: sequence, outputs: .last)
                runner.forward(batch)
                token = try runner.sample(with: &sampler)
                #expect(token == Int32((step * 2 + text) * (300 / (2 * Self.length))))
            }
        }
    }

    /// What is chosen of the greatest logits is what would be chosen of all.
    @Test func choicesAreThoseOfAllLogits() throws {
        let model = try model()
        let runner = try ModelRunner(model, threads: 2)
        var policies = [SamplingPolicy.greedy]
        for (topK, topP, temperature) in [(1, 1, 1), (2, 0.95, 0.8), (4, 0.9, 3)] as [(Int, Float, Float)] {
            var policy = SamplingPolicy()
            (policy.topK, policy.topP, policy.temperature, policy.seed) = (topK, topP, temperature, 5)
            policies.append(policy)
        }
        for policy in policies {
            var (few, all) = (
                try Sampler(policy, vocabularySize: 300), try Sampler(policy, vocabularySize: 300)
            )
            #expect(few.logitsWanted == (policy.temperature == 0 ? 1 : policy.topK))
            let (batch, sequence) = (try runner.makeBatch(), try runner.makeSequence())
            var token = Self.first[0]
            for _ in 0..<Self.length {
                try batch.append(CollectionOfOne(token), to: sequence, outputs: .last)
                runner.forward(batch)
                token = try runner.sample(with: &few)
                #expect(try runner.sample(runner.logits(), with: &all) == token)
            }
        }
    }

    /// More rows than are worth screening have all their logits computed, and the next are screened as ever.
    @Test func manyRowsAreNotScreened() throws {
        let model = try model()
        let (runner, rows) = (try ModelRunner(model, threads: 2), 40)
        let (batch, sequence) = (try runner.makeBatch(), try runner.makeSequence())
        try batch.append(CollectionOfOne(Self.first[0]), to: sequence, outputs: .last)
        runner.forward(batch)
        let width = model.configuration.hiddenSize
        let hidden = (0..<rows).flatMap { _ in UnsafeBufferPointer(start: runner.hidden(0), count: width) }
        let head = try OutputHead(model, maxRows: rows, team: ThreadTeam(threads: 2))
        let all = Array(head.logits(hidden, rows: 1))
        let wholeBytes = head.bytesRead
        let many = Array(head.logits(hidden, rows: rows, greatest: 1))
        #expect(many.max() == all.max())
        if rows > Screening.rowsMax { #expect(head.bytesRead == 2 * wholeBytes) }
        let before = head.bytesRead
        let one = Array(head.logits(hidden, rows: 1, greatest: 1))
        #expect(one.max() == all.max())
        #expect((head.bytesRead - before < wholeBytes) == (Screening.rowsMax > 0))
    }

    /// Bias and penalties change the order of logits, so all are wanted.
    @Test func changedLogitsAreAllWanted() throws {
        var (biased, penalized, open) = (SamplingPolicy.greedy, SamplingPolicy(), SamplingPolicy())
        biased.logitBias = [7: 1]
        penalized.repetitionPenalty = 1.1
        open.topK = 0
        for policy in [biased, penalized, open] {
            #expect(try Sampler(policy, vocabularySize: 300).logitsWanted == nil)
        }
    }

    @Test func aVocabularyMayBeTooSmall() throws {
        let file = try TinyModel.file(.bitnet, .tq2_0)
        let error = #expect(throws: ModelError.self) {
            try SyntheticModel.plantingHead(0.3, in: file, after: [1, 2], length: 80, team: ThreadTeam(threads: 1))
        }
        #expect(error?.code == .badRequest)
    }
}
