import TerseTensor

/// What a model is: its family, its sizes, and the switches of the forward pass. Checked when it was made: every number
/// is in range and the sizes fit together.
public struct ModelConfiguration: Sendable, Equatable {
    public let architecture: Architecture
    /// The model's own name, if the file has one.
    public let name: String?
    public let layerCount: Int
    /// Width of the residual stream.
    public let hiddenSize: Int
    /// Width between the gate and the down projection.
    public let feedForwardSize: Int
    public let headCount: Int
    /// Key and value heads, a divisor of `headCount`.
    public let kvHeadCount: Int
    public let headDimension: Int
    public let vocabularySize: Int
    /// Positions that the model was made for.
    public let contextLength: Int
    public let normEpsilon: Float
    public let rotary: RotaryConfiguration
    public let activation: GateActivation
    public let requiresInputBiases: Bool
    public let hasHeadNorms: Bool
    public let hasSubNorms: Bool
    /// Whether products with ternary weights take activations of 8 bits with a scale for each token, as in training (BitLinear of
    /// arXiv:2402.17764), rather than for each block. Those with weights in I2_S always do.
    public let quantizesActivationsPerToken: Bool

    /// Width of all query heads.
    public var querySize: Int { headCount * headDimension }
    /// Width of all key heads, or of all value heads.
    public var kvSize: Int { kvHeadCount * headDimension }

    /// Multiplications with weights that a token takes: each weight of the layers' matrices and of the output matrix is used
    /// once for it. Attention, which depends on the text's length, is not among them.
    public var multiplicationsPerToken: Int {
        let layer = hiddenSize * (2 * querySize + 2 * kvSize + 3 * feedForwardSize)
        return layerCount * layer + hiddenSize * vocabularySize
    }

    /// The factor on products of queries and keys.
    public var attentionScale: Float { 1 / Float(headDimension).squareRoot() }
}

extension ModelConfiguration {
    /// Limits on what a file may claim: far above any model, far below what would overflow.
    public static let layerCountMax = KVLayout.layersMax
    public static let hiddenSizeMax = 1 << 20
    public static let feedForwardSizeMax = 1 << 22
    public static let headCountMax = KVLayout.kvHeadsMax
    public static let headDimensionMax = KVLayout.headDimensionMax
    public static let vocabularySizeMax = 1 << 24
    public static let contextLengthMax = 1 << 28
}
