/// What config.json says, checked and with the defaults of transformers' configuration classes filled in.
struct HuggingFaceConfiguration {
    /// Bounds that no model comes near, so that what is computed from them cannot overflow.
    static let layersMax = 4096
    static let widthMax = 1 << 24
    static let vocabularyMax = 1 << 28
    static let contextMax = 1 << 30

    let path: String
    let architecture: HuggingFaceArchitecture
    let layers: Int
    let contextLength: Int
    let hiddenSize: Int
    let feedForwardSize: Int
    let heads: Int
    let kvHeads: Int
    /// As config.json gives it, or the class's own default; nil when it follows from the hidden size.
    let headDimensionGiven: Int?
    let vocabularySize: Int
    let normEpsilon: Double
    let activation: String
    let tiesEmbeddings: Bool
    let rope: HuggingFaceRope
    let quantization: BitNetQuantization?

    var headDimension: Int { headDimensionGiven ?? hiddenSize / heads }

    init(_ file: JSONFile) throws(FormatError) {
        path = file.path
        architecture = try HuggingFaceArchitecture(file)
        layers = try file.required("num_hidden_layers", file.extent("num_hidden_layers", max: Self.layersMax))
        hiddenSize = try file.required("hidden_size", file.extent("hidden_size", max: Self.widthMax))
        feedForwardSize = try file.required("intermediate_size", file.extent("intermediate_size", max: Self.widthMax))
        heads = try file.required("num_attention_heads", file.extent("num_attention_heads", max: Self.widthMax))
        kvHeads = try file.extent("num_key_value_heads", max: Self.widthMax) ?? heads
        headDimensionGiven =
            try file.extent("head_dim", max: Self.widthMax) ?? architecture.headDimensionDefault
        vocabularySize = try file.required("vocab_size", file.extent("vocab_size", max: Self.vocabularyMax))
        contextLength =
            try file.extent("max_position_embeddings", max: Self.contextMax) ?? architecture.contextLengthDefault
        normEpsilon = try file.number("rms_norm_eps") ?? architecture.normEpsilonDefault
        tiesEmbeddings = try file.bool("tie_word_embeddings") ?? false
        activation = try Self.activation(file, architecture)
        rope = try HuggingFaceRope(file, architecture: architecture, contextLength: contextLength)
        quantization = try BitNetQuantization(file, architecture: architecture)
        try checkHeads()
        try Self.checkWindow(file, contextLength: contextLength)
    }

    private func checkHeads() throws(FormatError) {
        guard heads % kvHeads == 0 else {
            throw FormatError(
                .mismatch, "\(path): \(heads) attention heads are no multiple of \(kvHeads) key-value heads")
        }
        guard headDimensionGiven != nil || hiddenSize % heads == 0 else {
            throw FormatError(
                .mismatch, "\(path): hidden_size \(hiddenSize) is no multiple of \(heads) attention heads")
        }
        guard headDimension % 2 == 0 else {
            throw FormatError(.unsupported, "\(path): heads of odd dimension \(headDimension)")
        }
        guard normEpsilon > 0, normEpsilon.isFinite else {
            throw FormatError(.invalid, "\(path): rms_norm_eps: expected a positive number, found \(normEpsilon)")
        }
    }

    private static func activation(
        _ file: JSONFile, _ architecture: HuggingFaceArchitecture
    ) throws(FormatError) -> String {
        let name = try file.string("hidden_act") ?? architecture.activationDefault
        let known = architecture == .bitnet ? ["relu2", "silu"] : ["silu"]
        guard known.contains(name) else {
            throw FormatError(
                .unsupported,
                "\(file.path): hidden_act: expected \(known.joined(separator: " or ")), found \(name.debugDescription)")
        }
        return name
    }

    /// Attention is over everything before a token; a window is harmless only when no context exceeds it.
    private static func checkWindow(_ file: JSONFile, contextLength: Int) throws(FormatError) {
        guard let window = try file.integer("sliding_window") else { return }
        // Mistral's configuration has no such switch: a window that is given is used.
        let used = try file.bool("use_sliding_window") ?? true
        guard !used || window >= contextLength else {
            throw FormatError(
                .unsupported,
                "\(file.path): sliding_window \(window) is smaller than the context of \(contextLength)")
        }
    }
}
