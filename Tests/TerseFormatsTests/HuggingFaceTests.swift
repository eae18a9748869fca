import Foundation
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

    /// Rows of 128 fit I2_S, whose activations are rounded token by token as BitNet's are; files get Q4_0, which
    /// llama.cpp reads. Both hold the same weights.
    @Test func narrowTernaryWeightsAreI2SInMemory() throws {
        let directory = try BitNetDirectory()
        let model = try ModelFile.open(directory.path)
        let name = "blk.0.ffn_up.weight"
        let tensor = try model.requiredTensor(name, shape: [128, 128])
        #expect(tensor.type == .i2S)
        let masters = try SafetensorsFile(path: directory.folder.path("model.safetensors")).tensors
        let master = try #require(masters.first { $0.name == "model.layers.0.mlp.up_proj.weight" })
        let values = TestDecoding.values(of: try master.tensor(file: ""))
        let mean = Float(values.reduce(0.0) { $0 + Double(abs($1)) } / Double(values.count))
        let ternary = values.map { max(-1, min(1, ($0 * (1 / mean)).rounded(.toNearestOrEven))) * tensor.scale }
        #expect(TestDecoding.values(of: tensor) == ternary)
        let output = directory.folder.path("out.gguf")
        let converter = try Converter(model, options: ConversionOptions(type: nil))
        _ = try converter.write(to: output, team: ThreadTeam(threads: 1))
        let written = try ModelFile.open(output)
        #expect(written.tensors.allSatisfy { $0.type != .i2S })
        #expect(written[name]?.type == .q4_0)
        #expect(TestDecoding.values(of: try written.requiredTensor(name, shape: [128, 128])) == ternary)
    }

    /// A scale without its weight is an error that names both; the head's goes with a head that is tied.
    @Test func scalesNeedTheirWeights() throws {
        func message(_ extra: [String]) throws -> String? {
            let directory = try BitNetDirectory(extra: extra)
            do { _ = try ModelFile.open(directory.path) } catch {
                #expect(error.message.hasPrefix(directory.folder.path("model.safetensors")))
                return error.message
            }
            return nil
        }
        #expect(try message(["lm_head.weight", "lm_head.weight_scale"]) == nil)
        let alone = try message(["lm_head.weight_scale"])
        #expect(
            alone?.hasSuffix("tensor lm_head.weight_scale is there, lm_head.weight, which it scales, is not") == true)
        let norm = try message(["model.norm.weight_scale"])
        #expect(
            norm?.hasSuffix("model.norm.weight has a weight_scale, but is no linear layer of a BitNet model") == true)
    }

    @Test func namesTheActivation() throws {
        func activation(_ name: String) throws -> String? {
            try ModelFile.open(TestData.fixture("huggingface/\(name)")).metadata.string("bitnet.hidden_activation")
        }
        #expect(try activation("bitnet-master") == "relu2")
        #expect(try activation("bitnet-2024") == "silu")
    }

    /// Other architectures that were trained like BitNet say so to the model.
    @Test func namesTheRoundingOfActivations() throws {
        let scratch = try TemporaryFolder()
        let source = TestData.fixture("huggingface/llama-sharded"), copy = scratch.path("llama")
        try FileManager.default.copyItem(atPath: source, toPath: copy)
        let key = "llama.activation_quantization"
        #expect(try ModelFile.open(copy).metadata[key] == nil)
        let configuration = URL(fileURLWithPath: copy).appending(path: "config.json")
        let text = try String(contentsOf: configuration, encoding: .utf8)
        let end = try #require(text.lastIndex(of: "}"))
        try (text[..<end] + #", "quantization_config": {"quant_method": "bitnet"}}"#).write(
            to: configuration, atomically: true, encoding: .utf8)
        #expect(try ModelFile.open(copy).metadata.string(key) == "token")
    }

    @Test func readsTheChatTemplate() throws {
        #expect(try ModelFile.open(TestData.fixture("huggingface/qwen2")).chatTemplate == "{{ messages }}")
        #expect(try ModelFile.open(TestData.fixture("huggingface/qwen3")).chatTemplate == nil)
    }
}
