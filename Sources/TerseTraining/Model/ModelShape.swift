import TerseModel
import TerseTensor

/// What a model to be trained looks like.
public struct ModelShape: Sendable, Equatable {
    /// `llama` or `bitnet`: BitNet b1.58 with norms before the output and down projections.
    public var architecture = Architecture.bitnet
    public var layerCount: Int
    /// Width of the residual stream.
    public var hiddenSize: Int
    /// Width between the gate and the down projection.
    public var feedForwardSize: Int
    public var headCount: Int
    /// Key and value heads, a divisor of `headCount`.
    public var kvHeadCount: Int
    public var headDimension: Int
    public var vocabularySize: Int
    /// Positions that the model is made for.
    public var contextLength: Int
    public var normEpsilon: Float = 1e-5
    public var rotaryBase: Float = 10_000
    public var activation = GateActivation.silu
    /// Whether projections are −1, 0 and +1 times a scale, and their inputs of 8 bits.
    public var isTernary = false
    /// Whether the output head is the embedding.
    public var tiesEmbeddings = true

    /// A shape whose heads divide the width evenly.
    public init(
        layerCount: Int, hiddenSize: Int, feedForwardSize: Int, headCount: Int, kvHeadCount: Int? = nil,
        vocabularySize: Int, contextLength: Int
    ) {
        self.layerCount = layerCount
        self.hiddenSize = hiddenSize
        self.feedForwardSize = feedForwardSize
        self.headCount = headCount
        self.kvHeadCount = kvHeadCount ?? headCount
        headDimension = hiddenSize / max(headCount, 1)
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
    }

    /// Width of all query heads.
    public var querySize: Int { headCount * headDimension }
    /// Width of all key heads, or of all value heads.
    public var kvSize: Int { kvHeadCount * headDimension }
    /// As recipes call it.
    var activationName: String { activation == .silu ? "silu" : "squared_relu" }
    /// Whether there are norms before the output and down projections.
    public var hasSubNorms: Bool { architecture == .bitnet }
    /// Which elements of a head are turned together, as files of the architecture have it.
    public var rotaryLayout: RotaryLayout { architecture == .llama ? .adjacent : .halves }
}

extension ModelShape {
    /// Limits on what one training run may ask for, so that every size fits an Int with room to spare.
    public static let layerCountMax = 256
    public static let hiddenSizeMax = 1 << 16
    public static let feedForwardSizeMax = 1 << 18
    public static let vocabularySizeMax = 1 << 20
    public static let headDimensionMax = ModelConfiguration.headDimensionMax
    /// Tokens of one window, and of all windows of a batch.
    public static let rowsMax = 1 << 20

    /// Checks that every number is in range and that the sizes fit together.
    /// - Throws: `TrainingError` (`invalid`), naming the number, what was expected and what was found.
    public func validate() throws(TrainingError) {
        guard let misfit else { return }
        throw TrainingError(.invalid, "\(misfit.key): \(misfit.message)")
    }

    /// The first number that is out of range or does not go with the others: its key in a recipe, what was expected and
    /// what was found. Nil where all fit.
    var misfit: (key: String, message: String)? {
        guard architecture == .llama || architecture == .bitnet else {
            return ("architecture", "\(architecture.rawValue) cannot be trained; known: llama, bitnet")
        }
        let numbers: [(key: String, value: Int, range: ClosedRange<Int>)] = [
            ("layers", layerCount, 1...Self.layerCountMax), ("hidden_size", hiddenSize, 1...Self.hiddenSizeMax),
            ("feed_forward_size", feedForwardSize, 1...Self.feedForwardSizeMax),
            ("heads", headCount, 1...ModelConfiguration.headCountMax), ("kv_heads", kvHeadCount, 1...max(headCount, 1)),
            ("vocabulary", vocabularySize, 2...Self.vocabularySizeMax),
            ("context_length", contextLength, 1...Self.rowsMax),
        ]
        for (key, value, range) in numbers where !range.contains(value) {
            return (key, "expected \(range.lowerBound)…\(range.upperBound), found \(value)")
        }
        // Of the heads: where a recipe does not give the dimension, it follows from them.
        let dimensions = 2...Self.headDimensionMax
        guard dimensions.contains(headDimension), headDimension % 2 == 0 else {
            return ("heads", "expected an even head_dimension up to \(dimensions.upperBound), found \(headDimension)")
        }
        guard querySize <= Self.hiddenSizeMax else {
            return ("heads", "expected a width of at most \(Self.hiddenSizeMax) together, found \(querySize)")
        }
        guard headCount % kvHeadCount == 0 else {
            return ("kv_heads", "expected a divisor of heads \(headCount), found \(kvHeadCount)")
        }
        guard normEpsilon > 0, normEpsilon <= 1 else {
            return ("norm_epsilon", "expected a number above 0, at most 1, found \(normEpsilon)")
        }
        guard rotaryBase > 1, rotaryBase.isFinite else {
            return ("rotary_base", "expected a number above 1, found \(rotaryBase)")
        }
        // Only readers of BitNet files round the inputs of ternary products for each token, as training does.
        guard !isTernary || architecture == .bitnet else {
            return ("ternary", "expected architecture bitnet, found \(architecture.rawValue)")
        }
        return nil
    }
}
