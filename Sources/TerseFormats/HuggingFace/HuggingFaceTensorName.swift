/// A tensor of a Hugging Face checkpoint: its name in GGUF and what has to be done to it.
///
/// Source: the tensor name map of llama.cpp's converter.
struct HuggingFaceTensorName: Equatable {
    enum Role: Equatable {
        case embedding
        case output
        case norm
        /// Rows are reordered for llama's rotation of adjacent pairs.
        case query
        case key
        /// Another weight or bias of a block's linear layers.
        case linear
    }

    /// With `.weight` or `.bias`.
    let gguf: String
    let role: Role
    let isBias: Bool

    /// Whether BitNet makes it ternary.
    var isLinearWeight: Bool { !isBias && (role == .query || role == .key || role == .linear) }

    /// Nil when no supported architecture has a tensor of this name.
    init?(_ name: String) {
        var path = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let kind = path.popLast(), kind == "weight" || kind == "bias" else { return nil }
        if path.first == "model" { path.removeFirst() }
        isBias = kind == "bias"
        if path.first == "layers" {
            guard path.count >= 3, let layer = Int(path[1]), String(layer) == path[1], layer >= 0,
                let (part, role) = Self.blockParts[path[2...].joined(separator: ".")]
            else { return nil }
            gguf = "blk.\(layer).\(part).\(kind)"
            self.role = role
        } else {
            guard !isBias, let (part, role) = Self.modelParts[path.joined(separator: ".")] else { return nil }
            gguf = "\(part).\(kind)"
            self.role = role
        }
        if isBias, role == .norm { return nil }
    }

    /// Tensors that hold nothing a model needs: buffers that old versions of transformers saved.
    static func isIgnored(_ name: String) -> Bool {
        name.hasSuffix(".rotary_emb.inv_freq") || name.hasSuffix(".attention.masked_bias")
    }

    private static let modelParts: [String: (String, Role)] = [
        "embed_tokens": ("token_embd", .embedding), "norm": ("output_norm", .norm), "lm_head": ("output", .output),
    ]

    private static let blockParts: [String: (String, Role)] = [
        "input_layernorm": ("attn_norm", .norm),
        "post_attention_layernorm": ("ffn_norm", .norm),
        "self_attn.q_proj": ("attn_q", .query),
        "self_attn.k_proj": ("attn_k", .key),
        "self_attn.v_proj": ("attn_v", .linear),
        "self_attn.o_proj": ("attn_output", .linear),
        "self_attn.q_norm": ("attn_q_norm", .norm),
        "self_attn.k_norm": ("attn_k_norm", .norm),
        "self_attn.attn_sub_norm": ("attn_sub_norm", .norm),
        "self_attn.inner_attn_ln": ("attn_sub_norm", .norm),
        "mlp.gate_proj": ("ffn_gate", .linear),
        "mlp.up_proj": ("ffn_up", .linear),
        "mlp.down_proj": ("ffn_down", .linear),
        "mlp.ffn_sub_norm": ("ffn_sub_norm", .norm),
        "mlp.ffn_layernorm": ("ffn_sub_norm", .norm),
    ]
}
