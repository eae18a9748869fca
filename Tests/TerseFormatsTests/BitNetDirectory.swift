import Foundation
import TerseJSON
import TerseTensor
import TestSupport

@testable import TerseFormats

/// A Hugging Face BitNet model of one block with 128 columns and random master weights.
struct BitNetDirectory {
    static let width = 128
    static let vocabulary = 64

    let folder: TemporaryFolder
    var path: String { folder.url.path }

    /// - Parameter extra: tensors of one float each beside those that the model needs.
    init(extra: [String] = []) throws {
        folder = try TemporaryFolder()
        let configuration: JSONValue = [
            "architectures": ["BitNetForCausalLM"], "hidden_size": 128, "intermediate_size": 128,
            "num_attention_heads": 4, "num_key_value_heads": 4, "num_hidden_layers": 1, "vocab_size": 64,
            "tie_word_embeddings": true,
            "quantization_config": [
                "quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "online",
            ],
        ]
        try folder.write(configuration.serialized().utf8, "config.json")
        var random = SplitMix64(seed: 5)
        func tensor(_ name: String, _ shape: [Int]) -> SafetensorsTensor {
            let count = shape.reduce(1, *)
            let bytes = TensorBytes(count: count * 4) { memory in
                for index in 0..<count {
                    let value = Float.random(in: -1...1, using: &random)
                    memory.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: index * 4, as: UInt32.self)
                }
            }
            return SafetensorsTensor(name: name, type: .f32, shape: shape, bytes: bytes)
        }
        var tensors = [
            tensor("model.embed_tokens.weight", [Self.vocabulary, Self.width]),
            tensor("model.norm.weight", [Self.width]),
        ]
        let block = "model.layers.0"
        for name in ["input_layernorm", "post_attention_layernorm", "self_attn.attn_sub_norm", "mlp.ffn_sub_norm"] {
            tensors.append(tensor("\(block).\(name).weight", [Self.width]))
        }
        for name in ["self_attn.q", "self_attn.k", "self_attn.v", "self_attn.o", "mlp.gate", "mlp.up", "mlp.down"] {
            tensors.append(tensor("\(block).\(name)_proj.weight", [Self.width, Self.width]))
        }
        tensors += extra.map { tensor($0, [1]) }
        try SafetensorsWriter.write(tensors, to: folder.path("model.safetensors"))
    }
}
