import TerseFormats
import TerseTensor
import Testing

@testable import TerseModel

@Suite struct MemoryTests {
    /// Two layers of keys and values of 2 heads of 64 in 2 bytes: 1,024 bytes a token.
    @Test func theCacheIsWhatThePlanSays() throws {
        var options = RunnerOptions()
        options.contextLength = 100
        options.sequenceCount = 3
        let model = try Model(TinyModel.file(.llama, .q8_0))
        let plan = try MemoryPlan(model, options, threads: 2)
        #expect(plan.kvBytesPerToken == 1024)
        #expect(plan.kvBlockCount == 12)
        #expect(plan.kvBytes == 12 * 32 * 1024)
        let runner = try ModelRunner(model, threads: 2, options: options)
        #expect(runner.pool.byteCount == plan.kvBytes)
        #expect(runner.plan == plan)
        options.kvType = .int8
        let small = try MemoryPlan(model, options, threads: 2)
        // One byte an element, and a float32 scale for each of 2 · 2 · 2 heads.
        #expect(small.kvBytesPerToken == 512 + 32)
    }

    @Test func weightsAreCountedInTheirEncodings() throws {
        let file = try TinyModel.file(.bitnet, .tq2_0)
        let model = try Model(file, packing: .none)
        #expect(model.weightBytes == file.tensors.reduce(0) { $0 + $1.byteCount })
        // Vectors are copied.
        #expect(model.ownedWeightBytes == file.tensors.filter { $0.shape.count == 1 }.reduce(0) { $0 + $1.byteCount })
        #expect(model.hasTiedOutput)
    }

    /// Where the head is the embedding, too, its weights are there once, in whatever layout, and a pass reads them.
    @Test func tiedEmbeddingsAreCountedOnce() throws {
        let file = try TinyModel.file(.bitnet, .tq2_0)
        let vectorBytes = file.tensors.filter { $0.shape.count == 1 }.reduce(0) { $0 + $1.byteCount }
        let model = try Model(file)
        let matrices = model.layers.flatMap { layer in LayerWeights.projections.map { layer[keyPath: $0].weights } }
        #expect(model.hasTiedOutput)
        #expect(
            model.weightBytes == matrices.reduce(vectorBytes + model.output.weights.byteCount) { $0 + $1.byteCount })
        #expect(model.passBytes == model.weightBytes)
        let planted = try Model(
            SyntheticModel.plantingHead(0.8, in: file, after: [3], length: 9, team: ThreadTeam(threads: 1)))
        #expect(planted.passBytes == planted.weightBytes - planted.embedding.byteCount)
    }

    /// Every byte that a runner, a batch and the sequences reserve is in the plan, whatever the schemes of the weights.
    @Test(arguments: [ElementType.f16, .q4_0, .q6K, .tq2_0])
    func thePlanIsWhatIsReserved(type: ElementType) throws {
        var options = RunnerOptions()
        (options.maxRows, options.contextLength, options.sequenceCount, options.maxLogitRows) = (33, 1100, 2, 3)
        let model = try Model(TinyModel.file(type == .tq2_0 ? .bitnet : .qwen3, type))
        let runner = try ModelRunner(model, threads: 3, options: options)
        let batch = try runner.makeBatch()
        let sequences = try (0..<2).map { _ in try runner.makeSequence() }
        let found = runner.byteCount + batch.byteCount + sequences.reduce(0) { $0 + $1.byteCount }
        #expect(found == runner.plan.kvBytes + runner.plan.scratchBytes)
        #expect(runner.plan.totalBytes == found + model.weightBytes)
    }

    @Test func whatDoesNotFitIsRefusedWithTheNumbers() throws {
        let model = try Model(TinyModel.file(.llama, .q8_0))
        var options = RunnerOptions()
        options.sequenceCount = 2
        let plan = try MemoryPlan(model, options, threads: 2)
        options.memoryBudgetBytes = plan.totalBytes
        _ = try ModelRunner(model, threads: 2, options: options)
        options.memoryBudgetBytes = plan.totalBytes - 1
        let expected = ModelError(
            .outOfMemory,
            "\(model.path): \(plan.totalBytes) bytes of memory are needed (weights \(model.weightBytes), KV cache "
                + "\(plan.kvBytes) for 2 × 256 tokens, scratch \(plan.scratchBytes)), \(plan.totalBytes - 1) are allowed: "
                + "shorten the context, hold keys and values in 8 bits, or allow more")
        #expect(throws: expected) { try ModelRunner(model, threads: 2, options: options) }
        #expect(throws: expected) { try MemoryPlan(model, options, threads: 2) }
    }

    @Test func optionsOutOfRangeAreRefused() throws {
        let model = try Model(TinyModel.file(.llama, .q8_0))
        var options = RunnerOptions()
        options.maxRows = 0
        #expect(throws: ModelError(.badRequest, "rows of a batch: expected 1…65536, found 0")) {
            try ModelRunner(model, threads: 1, options: options)
        }
        options = RunnerOptions()
        options.contextLength = 0
        #expect(throws: ModelError.self) { try ModelRunner(model, threads: 1, options: options) }
        // More than any machine has: refused by plan or system, never a trap.
        options.contextLength = 1 << 28
        options.sequenceCount = 1 << 16
        #expect(throws: ModelError.self) { try ModelRunner(model, threads: 1, options: options) }
    }
}
