import Foundation

/// config.json as GGUF metadata, key for key as llama.cpp's converter writes it.
struct HuggingFaceMetadata {
    let configuration: HuggingFaceConfiguration
    /// The model's name, for people.
    let name: String

    func metadata(source: String) -> Metadata {
        let architecture = configuration.architecture.rawValue
        var metadata = Metadata(source: source)
        metadata["general.architecture"] = .string(architecture)
        metadata["general.type"] = .string("model")
        metadata["general.name"] = .string(name)
        func set(_ key: String, _ value: Int) { metadata["\(architecture).\(key)"] = .uint32(UInt32(value)) }
        func set(_ key: String, _ value: Double) { metadata["\(architecture).\(key)"] = .float32(Float(value)) }
        func set(_ key: String, _ value: String) { metadata["\(architecture).\(key)"] = .string(value) }
        set("block_count", configuration.layers)
        set("context_length", configuration.contextLength)
        set("embedding_length", configuration.hiddenSize)
        set("feed_forward_length", configuration.feedForwardSize)
        set("attention.head_count", configuration.heads)
        set("attention.head_count_kv", configuration.kvHeads)
        switch configuration.rope.scaling {
        case .llama3: break
        case .none:
            // The converter says so for BitNet, and for no other.
            if configuration.architecture == .bitnet {
                set("rope.scaling.type", "linear")
                set("rope.scaling.factor", 1.0)
            }
        case .linear(let factor):
            set("rope.scaling.type", "linear")
            set("rope.scaling.factor", factor)
        case .yarn(let yarn):
            set("rope.scaling.type", "yarn")
            set("rope.scaling.factor", yarn.factor)
            set("rope.scaling.original_context_length", yarn.originalContext)
            if let factor = yarn.attentionFactor {
                // llama.cpp multiplies this by YaRN's own factor, which transformers replaces.
                set("rope.scaling.attn_factor", factor / (1 + 0.1 * log(max(yarn.factor, 1))))
            }
            if let beta = yarn.betaFast { set("rope.scaling.yarn_beta_fast", beta) }
            if let beta = yarn.betaSlow { set("rope.scaling.yarn_beta_slow", beta) }
        }
        set("rope.freq_base", configuration.rope.theta)
        set("attention.layer_norm_rms_epsilon", configuration.normEpsilon)
        if let dimension = configuration.headDimensionGiven {
            set("attention.key_length", dimension)
            set("attention.value_length", dimension)
        }
        set("vocab_size", configuration.vocabularySize)
        set("rope.dimension_count", configuration.headDimension)
        if configuration.architecture == .bitnet { set("hidden_activation", configuration.activation) }
        if let quantization = activationQuantization { set(ModelFile.activationQuantizationKey, quantization) }
        return metadata
    }

    /// What BitNet's architecture implies, and others have to say.
    private var activationQuantization: String? {
        guard configuration.quantization != nil, configuration.architecture != .bitnet else { return nil }
        return ModelFile.activationQuantizationByToken
    }
}
