import TerseTensor
import TestSupport
import Testing

@testable import TerseFormats

@Suite struct Llama2CTests {
    static let stories = TestData.shared("models/stories260K.bin")

    @Test(.enabled(if: stories != nil, "\(TestData.absence)"))
    func readsStories() throws {
        let model = try ModelFile.open(try #require(Self.stories))
        #expect(model.format == .llama2C)
        #expect(try model.metadata.requiredInteger("llama.block_count") == 5)
        #expect(try model.metadata.requiredInteger("llama.attention.head_count_kv") == 4)
        #expect(try model.metadata.requiredInteger("llama.vocab_size") == 512)
        #expect(model["output.weight"] == nil)
        #expect(model.tensors.count == 2 + 5 * 9)
        #expect(try model.requiredTensor("blk.4.ffn_down.weight", shape: [172, 64]).type == .f32)
        // The last tensor read must be a norm of a trained model: positive, near one.
        let norm = TestDecoding.values(of: try model.requiredTensor("output_norm.weight", shape: [64]))
        #expect(norm.allSatisfy { $0 > 0.5 && $0 < 20 })
    }

    /// Floats of the fixture count up, so each tensor's first value is its place in the file.
    @Test func findsEveryTensor() throws {
        let folder = try TemporaryFolder()
        func first(_ version: Int, _ name: String) throws -> Float {
            let path = try folder.write(try Llama2CFixture.file(version: version), "\(version).bin")
            let tensor = try #require(try ModelFile.open(path).tensor(name))
            return try #require(TestDecoding.values(of: tensor).first)
        }
        let perLayerAttention = 8 * 8 + 8 * 4 + 8 * 4 + 8 * 8
        let embedding = 6 * 8
        #expect(try first(0, "token_embd.weight") == 0)
        #expect(try first(0, "blk.1.attn_norm.weight") * 256 == Float(embedding + 8))
        #expect(try first(0, "blk.1.attn_q.weight") * 256 == Float(embedding + 16 + 64))
        #expect(try first(0, "blk.0.attn_output.weight") * 256 == Float(embedding + 16 + 2 * (64 + 32 + 32)))
        #expect(try first(0, "blk.0.ffn_norm.weight") * 256 == Float(embedding + 16 + 2 * perLayerAttention))
        let feedForward = embedding + 32 + 2 * perLayerAttention
        #expect(try first(0, "blk.0.ffn_gate.weight") * 256 == Float(feedForward))
        #expect(try first(0, "blk.0.ffn_down.weight") * 256 == Float(feedForward + 2 * 96))
        #expect(try first(0, "blk.1.ffn_up.weight") * 256 == Float(feedForward + 5 * 96))
        #expect(try first(0, "output_norm.weight") * 256 == Float(feedForward + 6 * 96))
        #expect(try first(1, "output_norm.weight") * 256 == 32)
        #expect(try first(1, "token_embd.weight") * 256 == 40)
        #expect(try first(1, "blk.0.attn_q.weight") * 256 == Float(40 + embedding))
        // Version 2: int8 from −127 up, groups of four, scales in sixty-fourths.
        #expect(try first(2, "blk.1.attn_k.weight") == -127 / 64)
        #expect(try first(2, "blk.1.attn_norm.weight") * 256 == 8)
    }

    @Test func refusesAFileOfAnotherSize() throws {
        let folder = try TemporaryFolder()
        let bytes = try Llama2CFixture.file(version: 0)
        let path = try folder.write(bytes + [0], "a.bin")
        let error = #expect(throws: FormatError.self) { try ModelFile.open(path) }
        #expect(
            error?.message
                == "\(path): the weights that its header announces end at \(bytes.count), the file has \(bytes.count + 1) bytes"
        )
    }
}
