/// The model classes of transformers that are read, by the GGUF architecture they become.
enum HuggingFaceArchitecture: String {
    case llama
    case qwen2
    case qwen3
    case bitnet

    /// - Throws: `FormatError` (`unsupported`) naming the class when it is none of those.
    init(_ configuration: JSONFile) throws(FormatError) {
        let classes = configuration["architectures"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let modelType = try configuration.string("model_type")
        let name = classes.first ?? modelType
        switch name {
        case "LlamaForCausalLM", "LLaMAForCausalLM", "LlamaModel", "MistralForCausalLM", "llama", "mistral":
            self = .llama
        case "Qwen2ForCausalLM", "Qwen2Model", "qwen2": self = .qwen2
        case "Qwen3ForCausalLM", "Qwen3Model", "qwen3": self = .qwen3
        case "BitNetForCausalLM", "BitnetForCausalLM", "bitnet": self = .bitnet
        default:
            throw FormatError(
                .unsupported,
                "\(configuration.path): architecture \(name ?? "(none)"); read are LlamaForCausalLM, MistralForCausalLM, "
                    + "Qwen2ForCausalLM, Qwen3ForCausalLM, BitNetForCausalLM and BitnetForCausalLM")
        }
    }

    /// What transformers' configuration class assumes when config.json does not say.
    var ropeThetaDefault: Double { self == .bitnet ? 500_000 : 10_000 }
    var normEpsilonDefault: Double { self == .bitnet ? 1e-5 : 1e-6 }
    var activationDefault: String { self == .bitnet ? "relu2" : "silu" }
    /// Qwen3's head is 128 wide unless config.json says otherwise; elsewhere it is the hidden size divided by the heads.
    var headDimensionDefault: Int? { self == .qwen3 ? 128 : nil }
    var contextLengthDefault: Int { self == .llama || self == .bitnet ? 2048 : 32768 }
}
