import TerseFormats
import TerseTensor
import Testing

@testable import TerseModel

/// Tensors that are not there or do not fit, and weights that are not numbers.
@Suite struct BadModelTests {
    private func error(
        _ name: String, _ architecture: Architecture = .llama, _ replace: (ModelTensor) throws -> ModelTensor?
    ) throws -> ModelError? {
        let file = try TinyModel.altered(
            TinyModel.file(architecture, .f32), tensors: { $0.name == name ? try replace($0) : $0 })
        return #expect(throws: ModelError.self) { try Model(file) }
    }

    /// The tensor under another shape or type, of zeros.
    private func zeros(_ tensor: ModelTensor, _ type: ElementType, _ shape: [Int]) throws -> ModelTensor {
        let bytes = TensorBytes(count: try Tensor.byteCount(type: type, shape: shape)) { _ in }
        return ModelTensor(name: tensor.name, tensor: try Tensor(type: type, shape: shape, bytes: bytes))
    }

    @Test(arguments: [
        (Architecture.llama, "blk.1.attn_q.weight", "[256, 256]"), (.llama, "output_norm.weight", "[256]"),
        (.llama, "blk.0.ffn_down.weight", "[512, 256]"), (.qwen2, "blk.0.attn_k.bias", "[128]"),
        (.qwen3, "blk.1.attn_q_norm.weight", "[64]"), (.bitnet, "blk.0.ffn_sub_norm.weight", "[512]"),
    ])
    func missingTensorsAreNamed(architecture: Architecture, name: String, shape: String) throws {
        #expect(
            try error(name, architecture) { _ in nil }
                == ModelError(.missingTensor, "tiny.gguf: tensor \(name) of shape \(shape) is missing"))
    }

    @Test func withoutAnEmbeddingThereIsNoModel() throws {
        #expect(
            try error("token_embd.weight") { _ in nil }
                == ModelError(.missingTensor, "tiny.gguf: tensor token_embd.weight is missing"))
        #expect(try error("token_embd.weight") { try zeros($0, .f32, [300]) }?.code == .shapeMismatch)
    }

    @Test func shapesAreCompared() throws {
        #expect(
            try error("blk.1.ffn_up.weight") { try zeros($0, .f32, [512, 256]) }
                == ModelError(
                    .shapeMismatch,
                    "tiny.gguf: tensor blk.1.ffn_up.weight: expected shape [256, 512], found [512, 256]"))
        #expect(try error("blk.0.attn_norm.weight") { try zeros($0, .f32, [255]) }?.code == .shapeMismatch)
        #expect(try error("blk.0.attn_q.weight") { try zeros($0, .f32, [256, 256, 2]) }?.code == .shapeMismatch)
    }

    @Test func typesAreCompared() throws {
        #expect(
            try error("blk.1.attn_norm.weight") { try zeros($0, .q8_0, [256]) }
                == ModelError(
                    .typeMismatch, "tiny.gguf: tensor blk.1.attn_norm.weight: expected f32, f16 or bf16, found q8_0"))
        let found = try error("blk.1.attn_v.weight") { try zeros($0, .i32, [256, 128]) }
        #expect(found?.code == .typeMismatch)
        #expect(found?.message.hasSuffix("found i32") == true)
    }

    /// Norms and biases in half precision are widened, and count as this process's own memory.
    @Test func halfPrecisionNormsAreWidened() throws {
        let file = try TinyModel.file(.llama, .f32)
        let half = try TinyModel.altered(
            file,
            tensors: { tensor in
                guard tensor.name.hasSuffix("_norm.weight") else { return tensor }
                let values = [UInt16](repeating: Float16(1).bitPattern, count: tensor.elementCount)
                let bytes = TensorBytes(count: 2 * values.count) {
                    $0.copyBytes(from: values.withUnsafeBytes(Array.init))
                }
                return ModelTensor(
                    name: tensor.name, tensor: try Tensor(type: .f16, shape: tensor.shape, bytes: bytes))
            })
        let tokens = TinyModel.tokens(20)
        let model = try Model(half)
        #expect(model.ownedWeightBytes == 5 * 256 * 4)
        let found = try ModelRunner(model, threads: 1).logits(of: tokens, chunk: 20)
        let expected = try ModelRunner(Model(file), threads: 1).logits(of: tokens, chunk: 20)
        #expect(found == expected)
    }

    /// A weight that is not a number ends in an error when a token is to be chosen, in every kind of product.
    @Test(arguments: [(Architecture.llama, ElementType.f32), (.llama, .q8_0), (.llama, .q4K), (.bitnet, .tq2_0)])
    func notANumberIsAnError(architecture: Architecture, type: ElementType) throws {
        let file = try TinyModel.altered(
            TinyModel.file(architecture, type),
            tensors: { tensor in
                guard tensor.name == "blk.0.attn_norm.weight" else { return tensor }
                let bytes = TensorBytes(count: 4 * tensor.elementCount) {
                    $0.bindMemory(to: Float.self).update(repeating: .nan)
                }
                return ModelTensor(
                    name: tensor.name, tensor: try Tensor(type: .f32, shape: tensor.shape, bytes: bytes))
            })
        let runner = try ModelRunner(Model(file), threads: 2)
        for policy in [SamplingPolicy.greedy, SamplingPolicy()] {
            let batch = try runner.makeBatch()
            try batch.append([1, 2, 3], to: try runner.makeSequence(), outputs: .last)
            runner.forward(batch)
            var sampler = try Sampler(policy, vocabularySize: 300)
            let error = #expect(throws: ModelError.self) { try runner.sample(with: &sampler) }
            #expect(error?.code == .notFinite)
            #expect(throws: ModelError.self) { try runner.score([5]) { _ in } }
        }
    }
}
