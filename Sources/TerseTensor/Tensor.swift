/// An immutable tensor: a type, a shape and the bytes that encode it row after row.
public struct Tensor: Sendable {
    public let type: ElementType
    /// Extents with the contiguous dimension first, as GGUF writes them: a weight matrix is [inputs, outputs].
    public let shape: [Int]
    public let bytes: TensorBytes
    /// A factor on every element that the bytes do not hold: I2_S's per-tensor scale, or a `.scale` tensor's value.
    public let scale: Float

    /// Elements in a row: the inputs of a weight matrix.
    public var columns: Int { shape.first ?? 1 }
    /// The number of rows: the outputs of a weight matrix.
    public var rows: Int { shape.dropFirst().reduce(1, *) }
    public var elementCount: Int { shape.reduce(1, *) }
    public var rowBytes: Int { type.rowBytes(elements: columns)! }

    /// - Throws: `TensorError` when the shape is not positive, a row is no whole number of blocks, the size overflows,
    ///   or `bytes` is too short.
    public init(type: ElementType, shape: [Int], bytes: TensorBytes, scale: Float = 1) throws(TensorError) {
        let needed = try Self.byteCount(type: type, shape: shape)
        guard bytes.count >= needed else {
            throw TensorError(
                .tooFewBytes, "a \(type.name) tensor of shape \(shape) needs \(needed) bytes, found \(bytes.count)")
        }
        self.type = type
        self.shape = shape
        self.bytes = bytes
        self.scale = scale
    }

    /// Bytes that a tensor of this type and shape takes.
    public static func byteCount(type: ElementType, shape: [Int]) throws(TensorError) -> Int {
        var rows = 1
        for extent in shape {
            guard extent > 0 else { throw TensorError(.badShape, "shape \(shape) has an extent that is not positive") }
        }
        for extent in shape.dropFirst() {
            let (product, overflow) = rows.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw TensorError(.badShape, "shape \(shape) overflows") }
            rows = product
        }
        guard (shape.first ?? 1) % type.blockElements == 0 else {
            throw TensorError(
                .badShape,
                "rows of \(shape.first ?? 1) elements are no multiple of \(type.name)'s block of \(type.blockElements)")
        }
        guard let rowBytes = type.rowBytes(elements: shape.first ?? 1) else {
            throw TensorError(.badShape, "shape \(shape) overflows")
        }
        let (total, overflow) = rows.multipliedReportingOverflow(by: rowBytes)
        guard !overflow else { throw TensorError(.badShape, "shape \(shape) overflows") }
        return total
    }
}
