import TerseTensor

/// The shape of a well-known model, for measuring speed without a download. Raw values are the command line's.
public enum SyntheticShape: String, Sendable, CaseIterable {
    /// microsoft/bitnet-b1.58-2B-4T
    case bitnet2B4T = "bitnet-2b4t"
    /// 1bitLLM/bitnet_b1_58-large
    case bitnet0_7B = "bitnet-0.7b"
    /// tiiuae/Falcon3-3B-Instruct-1.58bit
    case falcon3_3B = "falcon3-3b"
    /// meta-llama/Llama-3.2-1B
    case llama1B = "llama-1b"

    /// The encoding that this model is usually run in.
    public var defaultType: ElementType {
        switch self {
        case .bitnet2B4T, .bitnet0_7B, .falcon3_3B: .tq2_0
        case .llama1B: .q8_0
        }
    }

    var dimensions: SyntheticDimensions {
        switch self {
        case .bitnet2B4T:
            SyntheticDimensions(
                architecture: .bitnet, layers: 30, hidden: 2560, feedForward: 6912, heads: 20, kvHeads: 5,
                vocabulary: 128_256, context: 4096, rotaryBase: 500_000, activation: .squaredReLU)
        case .bitnet0_7B:
            SyntheticDimensions(
                architecture: .bitnet, layers: 24, hidden: 1536, feedForward: 4096, heads: 16, kvHeads: 16,
                vocabulary: 32_002, context: 2048, rotaryBase: 10_000)
        case .falcon3_3B:
            SyntheticDimensions(
                architecture: .llama, layers: 22, hidden: 3072, feedForward: 9216, heads: 12, kvHeads: 4,
                vocabulary: 131_072, context: 32_768, rotaryBase: 1_000_042, hasOwnHead: true,
                quantizesActivationsPerToken: true)
        case .llama1B:
            SyntheticDimensions(
                architecture: .llama, layers: 16, hidden: 2048, feedForward: 8192, heads: 32, kvHeads: 8,
                vocabulary: 128_256, context: 131_072, rotaryBase: 500_000, rotaryDivisorMax: 32)
        }
    }
}

/// What a synthetic model is made to.
struct SyntheticDimensions: Sendable {
    var architecture: Architecture
    var layers: Int
    var hidden: Int
    var feedForward: Int
    var heads: Int
    var kvHeads: Int
    var vocabulary: Int
    var context: Int
    var rotaryBase: Float
    var activation = GateActivation.silu
    /// The greatest of llama-3's factors on wavelengths; nil: none.
    var rotaryDivisorMax: Float?
    /// Whether the output head is a matrix of its own, not the embedding.
    var hasOwnHead = false
    /// Whether it was trained so, though its architecture is not BitNet.
    var quantizesActivationsPerToken = false

    var headDimension: Int { hidden / heads }
}
