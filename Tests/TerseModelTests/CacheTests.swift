import TerseTensor
import Testing

@testable import TerseModel

@Suite struct CacheTests {
    private func pool(blocks: Int) throws -> BlockPool {
        try BlockPool(layout: KVLayout(type: .f16, layers: 1, kvHeads: 1, headDimension: 32), blockCount: blocks)
    }

    @Test func blocksComeAndGo() throws {
        let pool = try pool(blocks: 4)
        let first = try pool.makeSequence(maxPositions: 100)
        try first.reserve(33)
        #expect(pool.freeBlockCount == 2)
        do {
            let second = try pool.makeSequence(maxPositions: 100)
            try second.reserve(64)
            #expect(pool.freeBlockCount == 0)
            #expect(throws: ModelError.self) { try first.reserve(65) }
            #expect(first.blockCount == 2)
        }
        #expect(pool.freeBlockCount == 2)
        try first.reserve(65)
        #expect(pool.freeBlockCount == 1)
        #expect(throws: ModelError(.outOfMemory, "a sequence of 101 tokens in a context of 100")) {
            try first.reserve(101)
        }
    }

    @Test func aFullCacheSaysHowFull() throws {
        let pool = try pool(blocks: 2)
        let sequence = try pool.makeSequence(maxPositions: 1000)
        #expect(
            throws: ModelError(
                .outOfMemory, "the KV cache of 2 blocks of 32 tokens is full: 3 more needed, 2 free")
        ) { try sequence.reserve(65) }
        #expect(pool.freeBlockCount == 2)
    }

    /// What came back goes first, the last first; then blocks that were never taken, in order. So a pool costs nothing
    /// until it is used, however large.
    @Test func blocksAreNumberedAsTheyAreTaken() throws {
        let pool = try pool(blocks: 1 << 24)
        #expect(pool.freeBlockCount == 1 << 24)
        func blocks(_ sequence: KVSequence) -> [UInt32] {
            Array(UnsafeBufferPointer(start: sequence.blocks, count: sequence.blockCount))
        }
        let first = try pool.makeSequence(maxPositions: 1000)
        try first.reserve(3 * 32)
        let second = try pool.makeSequence(maxPositions: 1000)
        try second.reserve(2 * 32)
        #expect(blocks(first) == [0, 1, 2] && blocks(second) == [3, 4])
        first.truncate(to: 0)
        #expect(blocks(first) == [0, 1, 2], "nothing was in")
        try withExtendedLifetime(try pool.makeSequence(maxPositions: 1000)) { try $0.reserve(64) }
        try second.reserve(5 * 32)
        #expect(blocks(second) == [3, 4, 5, 6, 7])
        #expect(pool.freeBlockCount == (1 << 24) - 8)
    }

    @Test func sequencesThatNoMemoryHoldsAreRefused() throws {
        let pool = try pool(blocks: 2)
        let error = #expect(throws: ModelError.self) { try pool.makeSequence(maxPositions: .max) }
        #expect(error?.code == .outOfMemory)
        #expect(error?.message.contains("cannot reserve \(1 << 60) bytes") == true, "\(error as Any)")
        #expect(throws: ModelError.self) { try CandidateSet(vocabularySize: 1 << 58) }
        #expect(throws: ModelError.self) { try BlockPool(layout: pool.layout, blockCount: .max) }
    }

    /// Tokens one by one over several block boundaries, with blocks that another sequence left in another order.
    @Test func positionsAcrossBlockBoundaries() throws {
        var options = RunnerOptions()
        options.sequenceCount = 2
        let runner = try TinyModel.runner(.llama, .f32, options: options)
        let tokens = TinyModel.tokens(100)
        let expected = try runner.logits(of: tokens, chunk: 100)
        let batch = try runner.makeBatch()
        let other = try runner.makeSequence()
        try batch.append(TinyModel.tokens(90, seed: 9), to: other, outputs: .none)
        runner.forward(batch)
        let sequence = try runner.makeSequence()
        var found: [Float] = []
        for (index, token) in tokens.enumerated() {
            try batch.append([token], to: sequence, outputs: .last)
            runner.forward(batch)
            found += runner.logits()
            if index == 40 { other.truncate(to: 31) }
        }
        #expect(found == expected)
        // Back over a boundary and forth again.
        sequence.truncate(to: 31)
        try batch.append(tokens[31..<64], to: sequence, outputs: .last)
        runner.forward(batch)
        #expect(Array(runner.logits()) == Array(expected[63 * 300..<64 * 300]))
    }

    /// What eight bits and a scale for each head and token lose, against half precision.
    @Test(arguments: [Architecture.llama, .qwen3, .bitnet])
    func eightBitsLoseLittle(architecture: Architecture) throws {
        let model = try Model(TinyModel.file(architecture, .f32))
        let tokens = TinyModel.tokens(80)
        var options = RunnerOptions()
        let exact = try ModelRunner(model, threads: 2, options: options).logits(of: tokens, chunk: 80)
        options.kvType = .int8
        let rounded = try ModelRunner(model, threads: 2, options: options).logits(of: tokens, chunk: 80)
        #expect(rounded != exact)
        let spread = (exact.reduce(0) { $0 + $1 * $1 } / Float(exact.count)).squareRoot()
        let difference = zip(exact, rounded).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        #expect((difference / Float(exact.count)).squareRoot() < 0.02 * spread)
        // And chunks do not matter there either.
        let chunked = try ModelRunner(model, threads: 3, options: options).logits(of: tokens, chunk: 9)
        #expect(chunked == rounded)
    }

    @Test func badAppendsLeaveTheBatchAsItWas() throws {
        var options = RunnerOptions()
        options.maxRows = 16
        options.contextLength = 40
        let runner = try TinyModel.runner(.llama, .f32, options: options)
        let batch = try runner.makeBatch()
        let sequence = try runner.makeSequence()
        #expect(throws: ModelError(.badRequest, "token at position 1: expected an id from 0 to 299, found 300")) {
            try batch.append([1, 300], to: sequence, outputs: .all)
        }
        #expect(throws: ModelError(.badRequest, "token at position 0: expected an id from 0 to 299, found -1")) {
            try batch.append([-1], to: sequence, outputs: .all)
        }
        #expect(throws: ModelError(.badRequest, "17 more rows in a batch of 0 of 16")) {
            try batch.append(TinyModel.tokens(17), to: sequence, outputs: .all)
        }
        #expect(batch.isEmpty && sequence.scheduledCount == 0)
        for _ in 0..<5 {
            try batch.append(TinyModel.tokens(8), to: sequence, outputs: .none)
            runner.forward(batch)
        }
        #expect(sequence.count == 40)
        #expect(throws: ModelError(.outOfMemory, "a sequence of 41 tokens in a context of 40")) {
            try batch.append([1], to: sequence, outputs: .all)
        }
    }
}
