import TerseFormats
import TerseTensor

extension ModelConfiguration {
    /// The configuration that a file's metadata gives, the vocabulary's size being that of the token embedding.
    ///
    /// Keys are those of GGUF (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), prefixed by the architecture's name.
    ///
    /// - Throws: `ModelError`: `unsupported` for an architecture or feature not run here, with the known ones;
    ///   `badConfiguration` for a number out of range or sizes that do not fit together; `file`, `missingTensor`.
    public init(_ file: ModelFile) throws(ModelError) {
        guard let embedding = file["token_embd.weight"] else {
            throw ModelError(.missingTensor, "\(file.path): tensor token_embd.weight is missing")
        }
        guard embedding.shape.count == 2 else {
            throw ModelError(
                .shapeMismatch,
                "\(file.path): tensor token_embd.weight: expected two dimensions, found shape \(embedding.shape)")
        }
        try self.init(file.metadata, vocabularySize: embedding.shape[1])
    }

    /// The configuration that metadata give for a model with this many tokens.
    public init(_ metadata: Metadata, vocabularySize: Int) throws(ModelError) {
        let architecture = try Self.architecture(metadata)
        let reader = ConfigurationReader(metadata, prefix: architecture.rawValue)
        let traits = architecture.traits

        let layers = try reader.size("block_count", max: Self.layerCountMax)
        let hidden = try reader.size("embedding_length", max: Self.hiddenSizeMax)
        let heads = try reader.size("attention.head_count", max: Self.headCountMax)
        let kvHeads = try reader.size("attention.head_count_kv", max: Self.headCountMax, default: heads)
        guard heads % kvHeads == 0 else {
            throw reader.invalid("attention.head_count_kv", "a divisor of attention.head_count \(heads)", "\(kvHeads)")
        }
        let dimension = try Self.headDimension(reader, hidden: hidden, heads: heads)
        try Self.refuseUnsupported(reader, dimension: dimension)
        guard (1...Self.vocabularySizeMax).contains(vocabularySize) else {
            throw reader.invalid("vocab_size", "1…\(Self.vocabularySizeMax)", "\(vocabularySize)")
        }
        let context = try reader.size("context_length", max: Self.contextLengthMax)

        self.architecture = architecture
        name = try reader.get { (metadata) throws(FormatError) in try metadata.string("general.name") }
        layerCount = layers
        hiddenSize = hidden
        feedForwardSize = try reader.size("feed_forward_length", max: Self.feedForwardSizeMax)
        headCount = heads
        kvHeadCount = kvHeads
        headDimension = dimension
        self.vocabularySize = vocabularySize
        contextLength = context
        normEpsilon = try reader.number("attention.layer_norm_rms_epsilon", in: 0...1)
        rotary = try Self.rotary(reader, layout: traits.rotaryLayout, context: context)
        activation = try Self.activation(reader, default: traits.activation)
        requiresInputBiases = traits.requiresInputBiases
        hasHeadNorms = traits.hasHeadNorms
        hasSubNorms = traits.hasSubNorms
        quantizesActivationsPerToken = try Self.quantizesPerToken(reader) ?? architecture.isBitNet
    }

    private static func architecture(_ metadata: Metadata) throws(ModelError) -> Architecture {
        let name: String
        do { name = try metadata.requiredString("general.architecture") } catch {
            throw ModelError(.file, error.message)
        }
        guard let architecture = Architecture(rawValue: name) else {
            let known = Architecture.allCases.map(\.rawValue).joined(separator: ", ")
            throw ModelError(
                .unsupported,
                "\(metadata.source): architecture \"\(name.prefix(60))\" is not supported; known: \(known)")
        }
        return architecture
    }

    private static func headDimension(
        _ reader: ConfigurationReader, hidden: Int, heads: Int
    ) throws(ModelError) -> Int {
        guard let dimension = try reader.size("attention.key_length", max: headDimensionMax, required: false) else {
            guard hidden % heads == 0, hidden / heads <= headDimensionMax else {
                throw reader.invalid("attention.head_count", "a divisor of embedding_length \(hidden)", "\(heads)")
            }
            return hidden / heads
        }
        return dimension
    }

    /// Features that other programs run and this one does not, refused rather than ignored.
    private static func refuseUnsupported(_ reader: ConfigurationReader, dimension: Int) throws(ModelError) {
        guard dimension % 2 == 0 else {
            throw reader.invalid("attention.key_length", "an even head dimension", "\(dimension)")
        }
        let values = try reader.size("attention.value_length", max: headDimensionMax, default: dimension)
        guard values == dimension else {
            throw ModelError(
                .unsupported, "\(reader.source): value heads of \(values) elements beside key heads of \(dimension)")
        }
        let turned = try reader.size("rope.dimension_count", max: headDimensionMax, default: dimension)
        guard turned == dimension else {
            throw ModelError(
                .unsupported, "\(reader.source): rotary embedding of \(turned) of a head's \(dimension) elements")
        }
        let experts = try reader.get { (metadata) throws(FormatError) in
            try metadata.integer(reader.key("expert_count"))
        }
        guard experts ?? 0 == 0 else {
            throw ModelError(.unsupported, "\(reader.source): a mixture of \(experts ?? 0) experts")
        }
    }

    private static func rotary(
        _ reader: ConfigurationReader, layout: RotaryLayout, context: Int
    ) throws(ModelError) -> RotaryConfiguration {
        var rotary = RotaryConfiguration(layout: layout)
        rotary.base = try reader.number("rope.freq_base", in: 1.001...1e12, default: 10_000)
        rotary.attentionFactor = try reader.number("rope.scaling.attn_factor", in: 1e-6...1e6, default: 1)
        let type = try reader.get { (metadata) throws(FormatError) in
            try metadata.string(reader.key("rope.scaling.type"))
        }
        var factor = try reader.number("rope.scaling.factor", in: 0...1e6, default: 0)
        if factor == 0 { factor = try reader.number("rope.scale_linear", in: 0...1e6, default: 0) }
        if factor == 0 { factor = 1 }
        switch type ?? "linear" {
        case "none": break
        case "linear": rotary.scaling = factor == 1 ? .none : .linear(factor: factor)
        case "yarn":
            let original = try reader.size(
                "rope.scaling.original_context_length", max: contextLengthMax, default: context)
            var yarn = RotaryConfiguration.Yarn(factor: factor, originalContext: original)
            yarn.betaFast = try reader.number("rope.scaling.yarn_beta_fast", in: 1e-3...1e6, default: yarn.betaFast)
            yarn.betaSlow = try reader.number("rope.scaling.yarn_beta_slow", in: 1e-3...1e6, default: yarn.betaSlow)
            rotary.scaling = .yarn(yarn)
        case let other:
            throw ModelError(
                .unsupported,
                "\(reader.source): \(reader.key("rope.scaling.type")) \"\(other.prefix(60))\" is not supported; "
                    + "known: none, linear, yarn")
        }
        return rotary
    }

    /// What the file says of the activations that ternary matrices are multiplied with; nil where it says nothing.
    private static func quantizesPerToken(_ reader: ConfigurationReader) throws(ModelError) -> Bool? {
        let key = reader.key(ModelFile.activationQuantizationKey)
        guard let name = try reader.get({ (metadata) throws(FormatError) in try metadata.string(key) }) else {
            return nil
        }
        guard name == ModelFile.activationQuantizationByToken else {
            throw ModelError(
                .unsupported,
                "\(reader.source): \(key) \"\(name.prefix(60))\" is not supported; known: "
                    + ModelFile.activationQuantizationByToken)
        }
        return true
    }

    private static func activation(
        _ reader: ConfigurationReader, default value: GateActivation
    ) throws(ModelError) -> GateActivation {
        let key = reader.key("hidden_activation")
        guard let name = try reader.get({ (metadata) throws(FormatError) in try metadata.string(key) }) else {
            return value
        }
        guard let activation = GateActivation(name: name) else {
            throw ModelError(
                .unsupported, "\(reader.source): \(key) \"\(name.prefix(60))\" is not supported; known: silu, relu2")
        }
        return activation
    }
}
