import TerseFormats
import TerseTensor
import TestSupport
import Testing

@testable import TerseModel

/// Logits against a float64 forward pass in numpy and against transformers, with llama.cpp's own divergence as the measure.
@Suite struct ReferenceLogitsTests {
    /// float32 logits themselves are some 1e-7 of their size off: no implementation that stores them comes closer.
    static let divergenceFloor = 1e-11

    /// Every architecture, rotary scaling and weight type: at most twice llama.cpp's distance from the exact result. I2_S under
    /// the 2B-4T architecture no peer reads; there rounding activations to int8, as the model was trained, is the measure.
    @Test(arguments: try Reference.randomModels())
    func agreesAsCloselyAsLlamaCpp(_ model: Reference.RandomModel) throws {
        let reference = try Reference.logits("\(model.name).f32")
        let logits = try Self.logits(TestData.fixture("\(model.name).gguf"), model.tokens)
        try #require(logits.count == reference.count)
        let divergence = Reference.divergence(reference, logits, vocabulary: model.vocabulary)
        let peer = try #require(model.llamaKL ?? model.int8ActivationsKL)
        #expect(divergence <= 2 * peer + Self.divergenceFloor, "\(divergence) against \(peer)")
    }

    /// Directories that transformers reads: f16, bf16, f32 in two shards. The f16 KV cache is what remains.
    @Test(arguments: ["llama", "qwen2", "qwen3"])
    func agreesWithTransformers(_ name: String) throws {
        #expect(try Self.divergenceFromTransformers(name) < 1e-5)
    }

    /// BitNet as master weights and packed in both conventions of `weight_scale`. Rounding to int8 turns differences of the
    /// last bit into whole steps, so the distance is measured by what that rounding costs at all; a row of 256 takes the
    /// very same rounding as transformers, one of 128 a finer one in blocks.
    @Test(arguments: [("bitnet-packed", 0.5), ("bitnet-master", 2), ("bitnet-packed-bitlinear", 2)])
    func agreesWithTransformersOnBitNet(_ name: String, _ bound: Double) throws {
        let rounding = try #require(try Reference.directory(name).int8ActivationsKL)
        #expect(try Self.divergenceFromTransformers(name) < bound * rounding)
    }

    private static func divergenceFromTransformers(_ name: String) throws -> Double {
        let tokens = try Reference.directory(name).tokens
        let reference = try Reference.logits("HuggingFace/\(name)/logits.f32")
        let logits = try logits(TestData.fixture("HuggingFace/\(name)"), tokens)
        try #require(logits.count == reference.count)
        return Reference.divergence(reference, logits, vocabulary: reference.count / tokens.count)
    }

    private static func logits(_ path: String, _ tokens: [Int32]) throws -> [Float] {
        let runner = try ModelRunner(Model(ModelFile.open(path)), team: ThreadTeam(threads: 2))
        return try runner.logits(of: tokens, chunk: 16)
    }
}
