import TerseTensor
import Testing

@testable import TerseModel

@Suite struct CacheTests {
    private func pool(blocks: Int) throws -> BlockPool {
        try BlockPool(layout: KVLayout(type: .f16, layers: 1, kvHeads: 1, headDimension: 32), blockCount: blocks)
    }

    @Test func blocksComeAndGo() throws {
        let pool = try pool(blocks: 4)
        let first = pool.makeSequence(maxPositions: 100)
        try first.reserve(33)
        #expect(pool.freeBlockCount == 2)
        do {
            let second = pool.makeSequence(maxPositions: 100)
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
        let sequence = pool.makeSequence(maxPositions: 1000)
        #expect(
            throws: ModelError(
                .outOfMemory, "the KV cache of 2 blocks of 32 tokens is full: 3 more needed, 2 free")
        ) { try sequence.reserve(65) }
        #expect(pool.freeBlockCount == 2)
    }

    /// Tokens one by one over several block boundaries, with blocks that another sequence left in another order.
    @Test func positionsAcrossBlockBoundaries() throws {
        var options = RunnerOptions()
        options.sequenceCount = 2
        let runner = try TinyModel.runner(.llama, .f32, options: options)
        let tokens = TinyModel.tokens(100)
        let expected = try runner.logits(of: tokens, chunk: 100)
        let batch = runner.makeBatch()
        let other = runner.makeSequence()
        try batch.append(TinyModel.tokens(90, seed: 9), to: other, outputs: .none)
        runner.forward(batch)
        let sequence = runner.makeSequence()
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
        let batch = runner.makeBatch()
        let sequence = runner.makeSequence()
        #expect(throws: ModelError(.badRequest, "token 300 in a vocabulary of 300")) {
            try batch.append([1, 300], to: sequence, outputs: .all)
        }
        #expect(throws: ModelError(.badRequest, "token -1 in a vocabulary of 300")) {
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
