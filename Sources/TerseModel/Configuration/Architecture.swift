import TerseTensor

/// The families of models that the one forward pass runs. Raw values are GGUF's `general.architecture`.
public enum Architecture: String, Sendable, CaseIterable {
    case llama
    case qwen2
    case qwen3
    /// BitNet b1.58 as published in 2024, with SiLU unless the file names another activation.
    case bitnet
    /// BitNet b1.58 2B-4T as bitnet.cpp's files call it, with squared ReLU.
    case bitnetB158 = "bitnet-b1.58"
    /// An earlier name of bitnet.cpp's for the same.
    case bitnet25 = "bitnet-25"

    /// Whether the model was trained with ternary weights and with activations of 8 bits for each token.
    public var isBitNet: Bool {
        switch self {
        case .bitnet, .bitnetB158, .bitnet25: true
        case .llama, .qwen2, .qwen3: false
        }
    }

    /// What distinguishes the family, before the file has had its say.
    var traits: ArchitectureTraits {
        switch self {
        case .llama: ArchitectureTraits(rotaryLayout: .adjacent)
        case .qwen2: ArchitectureTraits(rotaryLayout: .halves, requiresInputBiases: true)
        case .qwen3: ArchitectureTraits(rotaryLayout: .halves, hasHeadNorms: true)
        case .bitnet: ArchitectureTraits(rotaryLayout: .halves, hasSubNorms: true)
        case .bitnetB158, .bitnet25:
            ArchitectureTraits(rotaryLayout: .halves, hasSubNorms: true, activation: .squaredReLU)
        }
    }
}

/// How a family differs from the others: all that the forward pass needs to know about it.
struct ArchitectureTraits: Sendable {
    /// Which elements of a head are turned together.
    var rotaryLayout: RotaryLayout
    /// Whether query, key and value projections must have biases. Biases that are present are always added.
    var requiresInputBiases = false
    /// Whether each query and key head is normalised before its rotation.
    var hasHeadNorms = false
    /// Whether there is a norm before the output and down projections.
    var hasSubNorms = false
    /// The gate's function when the file does not name one.
    var activation = GateActivation.silu
}

extension GateActivation {
    /// The function with a name as configurations spell it, or nil.
    init?(name: String) {
        switch name.lowercased() {
        case "silu", "swish", "swiglu": self = .silu
        case "relu2", "relu_squared", "squared_relu", "relu_sqr": self = .squaredReLU
        default: return nil
        }
    }
}
