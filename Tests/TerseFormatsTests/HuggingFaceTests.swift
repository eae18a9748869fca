import TerseJSON
import TerseTensor
import TestSupport
import Testing

@testable import TerseFormats

/// Directories that transformers wrote, compared with what llama.cpp's converter makes of them.
@Suite struct HuggingFaceTests {
    @Test(arguments: ["llama-sharded", "qwen2", "qwen3", "bitnet-master", "bitnet-2024", "bitnet-packed"])
    func equalsTheConverter(name: String) throws {
        let model = try ModelFile.open(TestData.fixture("huggingface/\(name)"))
        let expected = try Expected.file("huggingface/\(name)")
        #expect(model.format == .huggingFace)
        try Expected.check(model.metadata, against: expected["metadata"])
        let tensors = try #require(expected["tensors"]?.objectValue)
        #expect(Set(model.tensors.map(\.name)) == Set(tensors.keys))
        for (name, value) in tensors.members {
            let listed = try #require(model[name])
            let tensor = try listed.load()
            #expect(tensor.type == listed.type && tensor.shape == listed.shape)
            try Expected.check(tensor, against: value, name)
        }
    }

    @Test func mapsWhatNeedsNoChange() throws {
        let model = try ModelFile.open(TestData.fixture("huggingface/llama-sharded"))
        #expect(model["blk.0.ffn_up.weight"]?.isMapped == true)
        #expect(model["blk.0.ffn_up.weight"]?.type == .bf16)
        #expect(model["blk.0.attn_q.weight"]?.isMapped == false)
        #expect(model["blk.0.attn_norm.weight"]?.type == .f32)
    }

    @Test func keepsTernaryWeightsCompact() throws {
        let packed = try ModelFile.open(TestData.fixture("huggingface/bitnet-packed"))
        #expect(packed["blk.0.ffn_up.weight"]?.type == .tq2_0)
        #expect(packed["blk.0.ffn_up.weight"]?.hasScale == true)
        let narrow = try ModelFile.open(TestData.fixture("huggingface/bitnet-master"))
        #expect(narrow["blk.0.ffn_up.weight"]?.type == .q4_0)
        let tensor = try narrow.requiredTensor("blk.0.ffn_up.weight", shape: [64, 96])
        let values = Set(TestDecoding.values(of: tensor))
        #expect(values == [-tensor.scale, 0, tensor.scale])
    }

    @Test func namesTheActivation() throws {
        func activation(_ name: String) throws -> String? {
            try ModelFile.open(TestData.fixture("huggingface/\(name)")).metadata.string("bitnet.hidden_activation")
        }
        #expect(try activation("bitnet-master") == "relu2")
        #expect(try activation("bitnet-2024") == "silu")
    }

    @Test func readsTheChatTemplate() throws {
        #expect(try ModelFile.open(TestData.fixture("huggingface/qwen2")).chatTemplate == "{{ messages }}")
        #expect(try ModelFile.open(TestData.fixture("huggingface/qwen3")).chatTemplate == nil)
    }
}
