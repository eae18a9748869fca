import TerseTensor
import Testing

@testable import TerseModel

/// A row's result is the same bit for bit whatever its company.
@Suite struct IdentityTests {
    static let cases: [(Architecture, ElementType)] = [
        (.llama, .f32), (.llama, .f16), (.llama, .bf16), (.llama, .q4_0), (.llama, .q4_1), (.llama, .q5_0),
        (.llama, .q5_1), (.llama, .q8_0), (.llama, .q4K), (.llama, .q5K), (.llama, .q6K), (.llama, .tq1_0),
        (.qwen2, .q8_0), (.qwen3, .q4K), (.bitnet, .tq1_0), (.bitnet, .tq2_0), (.bitnetB158, .i2S), (.bitnet25, .f32),
    ]

    @Test(arguments: cases)
    func threadsAndChunksDoNotMatter(architecture: Architecture, type: ElementType) throws {
        let model = try Model(TinyModel.file(architecture, type))
        let tokens = TinyModel.tokens(70)
        let expected = try ModelRunner(model, threads: 1).logits(of: tokens, chunk: 70)
        let isFinite = expected.allSatisfy { $0.isFinite }
        #expect(isFinite)
        #expect(Set(expected.map(\.bitPattern)).count > 1000)
        for (threads, chunk) in [(2, 1), (3, 7), (2, 32), (4, 33)] {
            let found = try ModelRunner(model, threads: threads).logits(of: tokens, chunk: chunk)
            #expect(found == expected, "\(threads) threads, chunks of \(chunk)")
        }
    }

    /// How ternary weights are laid out does not matter, but for the rounding between blocks.
    @Test(arguments: [
        (Architecture.bitnet, ElementType.tq1_0), (.bitnet, .tq2_0), (.bitnetB158, .i2S), (.llama, .i2S),
    ])
    func packingDoesNotMatter(architecture: Architecture, type: ElementType) throws {
        let file = try TinyModel.file(architecture, type)
        let (packed, plain) = (try Model(file), try Model(file, packing: .none))
        #expect(packed.layers.allSatisfy { if case .packed = $0.down.weights { true } else { false } })
        #expect(packed.ownedWeightBytes > plain.ownedWeightBytes)
        let tokens = TinyModel.tokens(20)
        let found = try ModelRunner(packed, threads: 2).logits(of: tokens, chunk: 20)
        let expected = try ModelRunner(plain, threads: 2).logits(of: tokens, chunk: 20)
        let largest = expected.map { abs($0) }.max()!
        let distance = zip(found, expected).map { abs($0 - $1) }.max()!
        #expect(type == .i2S ? distance == 0 : distance < 1e-3 * largest)
    }

    /// A ternary llama's activations are rounded by tokens where its file says that it was trained so, else by blocks.
    @Test func ternaryLlamasArePackedWhereTheirFilesSaySo() throws {
        let silent = try TinyModel.file(.llama, .tq2_0)
        let telling = try TinyModel.altered(silent) { $0["llama.activation_quantization"] = .string("token") }
        for (file, isPacked) in [(silent, false), (telling, true)] {
            let model = try Model(file)
            #expect(model.configuration.quantizesActivationsPerToken == isPacked)
            #expect(model.layers.allSatisfy { if case .packed = $0.query.weights { isPacked } else { !isPacked } })
        }
        let odd = try TinyModel.altered(silent) { $0["llama.activation_quantization"] = .string("layer") }
        let error = #expect(throws: ModelError.self) { try Model(odd) }
        #expect(error?.message.contains("\"layer\" is not supported; known: token") == true)
    }

    /// Rows side by side are the same weights in another order.
    @Test(arguments: [
        (Architecture.llama, ElementType.q8_0), (.llama, .q4_0), (.qwen3, .q4K), (.qwen2, .q5K), (.llama, .q6K),
    ])
    func tilesDoNotMatter(architecture: Architecture, type: ElementType) throws {
        let file = try TinyModel.file(architecture, type)
        let (tiled, plain) = (try Model(file), try Model(file, packing: .none))
        let tokens = TinyModel.tokens(20)
        let found = try ModelRunner(tiled, threads: 2).logits(of: tokens, chunk: 20)
        let expected = try ModelRunner(plain, threads: 2).logits(of: tokens, chunk: 20)
        #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
    }

    /// A prompt, a longer one and single tokens in one batch, against each alone.
    @Test(arguments: [(Architecture.llama, ElementType.q4_0), (.qwen3, .f16), (.bitnet, .tq2_0)])
    func sequencesOfABatchDoNotMatter(architecture: Architecture, type: ElementType) throws {
        var options = RunnerOptions()
        options.sequenceCount = 4
        let runner = try TinyModel.runner(architecture, type, options: options)
        let prompts = [TinyModel.tokens(33, seed: 1), TinyModel.tokens(5, seed: 2), TinyModel.tokens(64, seed: 3)]
        let expected = try prompts.map { try runner.logits(of: $0, chunk: 512) }
        let sequences = try prompts.map { _ in try runner.makeSequence() }
        let batch = try runner.makeBatch()
        var found = prompts.map { _ in [Float]() }
        // First all but the last three tokens of each, then those one by one, all sequences together.
        for step in 0...3 {
            for (prompt, sequence) in zip(prompts, sequences) {
                let head = prompt.count - 3
                try batch.append(
                    step == 0 ? prompt[..<head] : prompt[head + step - 1...head + step - 1], to: sequence, outputs: .all
                )
            }
            let counts = prompts.map { step == 0 ? $0.count - 3 : 1 }
            runner.forward(batch)
            var output = 0
            for (index, count) in counts.enumerated() {
                for _ in 0..<count {
                    found[index] += runner.logits(first: output)
                    output += 1
                }
            }
            #expect(output == runner.outputCount)
        }
        #expect(found == expected)
    }

    /// Wanting fewer outputs changes none.
    @Test func outputsDoNotMatter() throws {
        let runner = try TinyModel.runner(.llama, .q8_0)
        let tokens = TinyModel.tokens(40)
        let all = try runner.logits(of: tokens, chunk: 40)
        let batch = try runner.makeBatch()
        let (first, second) = (try runner.makeSequence(), try KVSequence(pool: runner.pool, maxPositions: 8))
        try batch.append(tokens, to: first, outputs: .last)
        runner.forward(batch)
        #expect(runner.outputCount == 1)
        #expect(Array(runner.logits()) == Array(all.suffix(300)))
        #expect(first.count == 40)
        first.truncate(to: 39)
        try batch.append(tokens.prefix(3), to: second, outputs: .none)
        try batch.append(tokens.suffix(1), to: first, outputs: .last)
        runner.forward(batch)
        #expect(Array(runner.logits()) == Array(all.suffix(300)))
        #expect(second.count == 3)
    }

    @Test func aCancelledPassLeavesNothing() throws {
        let runner = try TinyModel.runner(.llama, .f32)
        let tokens = TinyModel.tokens(40)
        let expected = try runner.logits(of: tokens, chunk: 40)
        let sequence = try runner.makeSequence()
        let batch = try runner.makeBatch()
        try batch.append(tokens, to: sequence, outputs: .all)
        var layers = 0
        let finished = runner.forward(batch) {
            layers += 1
            return layers == 2
        }
        #expect(!finished)
        #expect(sequence.count == 0 && batch.isEmpty && runner.outputCount == 0)
        try batch.append(tokens, to: sequence, outputs: .last)
        #expect(runner.forward(batch))
        #expect(Array(runner.logits()) == Array(expected.suffix(300)))
    }
}
