import TerseTensor
import Testing

@testable import TerseModel

/// Batches over blocks that somebody else keeps account of, and what a scheduler needs beside them.
@Suite struct OutsideTablesTests {
    /// Blocks in any order, two sequences in one batch, one of them on the other's first block.
    @Test func blocksMayLieAnywhere() throws {
        var options = RunnerOptions()
        options.kvBlockCount = 12
        let runner = try TinyModel.runner(.llama, .q8_0, options: options)
        #expect(runner.pool.blockCount == 12)
        let tokens = TinyModel.tokens(80)
        let expected = try runner.logits(of: tokens, chunk: 80)
        let batch = try runner.makeBatch(tableBlocks: 6)
        try batch.append(tokens[..<40], at: 0, blocks: [11, 9, 10], outputs: .none)
        runner.forward(batch)
        // The first block is shared; the second sequence has what follows it in a block of its own.
        try batch.append(tokens[40...], at: 40, blocks: [11, 9, 10], outputs: .last)
        try batch.append(tokens[32..<50], at: 32, blocks: [11, 7], outputs: .all)
        #expect(runner.forward(batch))
        #expect(runner.outputCount == 19)
        #expect(Array(runner.logits(first: 0)) == Array(expected[79 * 300..<80 * 300]))
        for output in 0..<18 {
            let position = 32 + output
            #expect(Array(runner.logits(first: 1 + output)) == Array(expected[position * 300..<(position + 1) * 300]))
        }
    }

    @Test func tokensThatAreNoneAreRefused() throws {
        let runner = try TinyModel.runner(.llama, .q8_0)
        let batch = try runner.makeBatch(tableBlocks: 2)
        #expect(throws: ModelError(.badRequest, "token at position 8: expected an id from 0 to 299, found 300")) {
            try batch.append([1, 300], at: 7, blocks: [0], outputs: .all)
        }
        #expect(batch.isEmpty)
    }

    /// One block more would be too much, and so would a byte less.
    @Test(arguments: [KVType.f16, .int8])
    func theBudgetIsUsedUp(kvType: KVType) throws {
        let model = try Model(TinyModel.file(.qwen3, .q4_0))
        var options = RunnerOptions()
        (options.sequenceCount, options.kvType) = (3, kvType)
        let budget = 20_000_000
        let count = try MemoryPlan.kvBlockCount(within: budget, model, options, threads: 2, accountBytes: 0)
        (options.kvBlockCount, options.memoryBudgetBytes) = (count, budget)
        #expect(try MemoryPlan(model, options, threads: 2).kvBlockCount == count)
        options.kvBlockCount = count + 1
        let error = #expect(throws: ModelError.self) { try MemoryPlan(model, options, threads: 2) }
        #expect(error?.message.contains("for \((count + 1) * 32) tokens") == true)
        #expect(throws: ModelError.self) {
            try MemoryPlan.kvBlockCount(within: model.weightBytes, model, options, threads: 2, accountBytes: 0)
        }
    }

    @Test func masksForbidAllOthers() throws {
        let mask = try TokenMask(vocabularySize: 130)
        #expect(mask.words.count == 3)
        for word in mask.words.indices { mask.words[word] = 0 }
        for token in [0, 63, 64, 129] { mask.words[token / 64] |= 1 << UInt64(token % 64) }
        var logits = (0..<130).map { Float($0) }
        logits.withUnsafeMutableBufferPointer { mask.apply(to: $0) }
        #expect(logits.indices.filter { logits[$0] > -.infinity } == [0, 63, 64, 129])
        #expect(logits[129] == 129)
        for word in mask.words.indices { mask.words[word] = ~0 }
        let before = logits
        logits.withUnsafeMutableBufferPointer { mask.apply(to: $0) }
        #expect(logits == before)
    }

    @Test func probabilitiesAreOfTheRowThatWasTaken() throws {
        let record = try LogProbabilityRecord(vocabularySize: 5)
        var logits: [Float] = [1, 3, -.infinity, 3, 0]
        logits.withUnsafeMutableBufferPointer { row in
            record.take(row)
            row.update(repeating: 0)
        }
        let found = record.probabilities(of: 0, top: 3)
        #expect(found.top.map(\.token) == [1, 3, 0])
        #expect(found.chosen == found.top[2].logProbability)
        // log(e / (e + 2e³ + 1))
        #expect(abs(found.chosen - -2.781_67) < 1e-3)
        #expect(record.probabilities(of: 2, top: 9).chosen == -.infinity)
        #expect(record.probabilities(of: 2, top: 9).top.count == 5)
    }

    /// Whoever goes on with a seed after some choices has the chance of who made them.
    @Test func skippedChoicesUseUpChance() throws {
        var policy = SamplingPolicy()
        policy.seed = 11
        let candidates = try CandidateSet(vocabularySize: 300)
        var (first, second) = (
            try Sampler(policy, vocabularySize: 300), try Sampler(policy, vocabularySize: 300)
        )
        func choose(_ sampler: inout Sampler, _ seed: UInt64) throws -> Int32 {
            var random = RandomSource(seed: seed)
            var logits = (0..<300).map { _ in Float(random.nextUniform()) }
            return try logits.withUnsafeMutableBufferPointer { try sampler.sample($0, candidates: candidates) }
        }
        for seed in 0..<20 as Range<UInt64> {
            _ = try choose(&first, seed)
            second.skip()
        }
        for seed in 20..<40 as Range<UInt64> { #expect(try choose(&first, seed) == choose(&second, seed)) }
    }
}
