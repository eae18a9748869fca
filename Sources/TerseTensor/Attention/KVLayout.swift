import CTerseKernels

/// How keys and values are held. Raw values are the command line's.
public enum KVType: String, Sendable, CaseIterable {
    /// Half precision, rounded to nearest even.
    case f16
    /// Eight bits with a float32 scale for each head and token (largest magnitude over 127).
    case int8

    var kernelType: terse_kv_type { self == .f16 ? TERSE_KV_F16 : TERSE_KV_INT8 }
}

/// The shape of a model's KV cache and where things lie in one of its blocks.
///
/// A block holds the keys and values of 32 successive tokens of one sequence in all layers: for each layer and head, so
/// that they are read in one go, keys and then values, in the order that `terse_kv_head` states; and for int8 after all heads
/// the scales of keys and of values as [kvHead][token].
public struct KVLayout: Sendable, Equatable {
    /// Tokens in a block.
    public static let blockTokens = Int(TERSE_KV_TILE)
    /// Limits on what a layout may describe: far above any model, far below what would overflow.
    public static let layersMax = 1024
    public static let kvHeadsMax = 4096
    public static let headDimensionMax = Int(TERSE_KV_DIMENSION_MAX)

    public let type: KVType
    public let layers: Int
    public let kvHeads: Int
    public let headDimension: Int

    /// - Throws: `TensorError` (`badShape`) when an extent is not positive or above its limit.
    public init(type: KVType, layers: Int, kvHeads: Int, headDimension: Int) throws(TensorError) {
        guard (1...Self.layersMax).contains(layers), (1...Self.kvHeadsMax).contains(kvHeads),
            (1...Self.headDimensionMax).contains(headDimension)
        else {
            throw TensorError(
                .badShape,
                "a KV cache of \(layers) layers, \(kvHeads) heads of \(headDimension): expected 1 to \(Self.layersMax), "
                    + "\(Self.kvHeadsMax) and \(Self.headDimensionMax)")
        }
        self.type = type
        self.layers = layers
        self.kvHeads = kvHeads
        self.headDimension = headDimension
    }

    /// Bytes of the keys of one head in one layer of a block.
    var keyBytes: Int {
        switch type {
        case .f16: Self.blockTokens * headDimension * 2
        case .int8: Self.blockTokens * ((headDimension + 1) / 2 * 2)
        }
    }
    /// And of the values: those of int8 are whole vectors.
    var valueBytes: Int {
        switch type {
        case .f16: Self.blockTokens * headDimension * 2
        case .int8: Self.blockTokens * Int(terse_kv_padded(UInt32(headDimension)))
        }
    }
    var headScaleBytes: Int { type == .int8 ? Self.blockTokens * MemoryLayout<Float>.size : 0 }

    /// Bytes of one layer of a block.
    public var layerBytes: Int { kvHeads * (keyBytes + valueBytes + 2 * headScaleBytes) }
    /// Bytes of a block.
    public var blockBytes: Int { layers * layerBytes }
    /// Bytes that one token takes.
    public var bytesPerToken: Int { blockBytes / Self.blockTokens }

    /// Blocks that `tokens` tokens of one sequence take.
    public static func blocks(forTokens tokens: Int) -> Int {
        tokens.pieces(of: blockTokens)
    }

    /// Where head `head` lies in a layer of a block.
    func kernelHead(_ head: Int) -> terse_kv_head {
        let keys = head * (keyBytes + valueBytes)
        let scales = kvHeads * (keyBytes + valueBytes)
        return terse_kv_head(
            type: type.kernelType, dimension: UInt32(headDimension), keys: keys,
            values: keys + keyBytes, key_scales: scales + head * headScaleBytes,
            value_scales: scales + (kvHeads + head) * headScaleBytes)
    }
}
