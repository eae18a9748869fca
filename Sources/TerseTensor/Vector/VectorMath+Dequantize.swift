import CTerseKernels

/// Rows of weights as float32.
extension VectorMath {
    /// Decodes row `row` of a weight tensor, its scale applied: the embedding of a token.
    /// - Parameter y: [columns].
    ///
    /// The row must lie within the tensor and its type be a weight type.
    public static func dequantize(_ tensor: Tensor, row: Int, into y: UnsafeMutablePointer<Float>) {
        precondition(row >= 0 && row < tensor.rows, "row \(row) of a tensor of \(tensor.rows)")
        BlockCodec.dequantize(
            tensor.bytes.pointer + row * tensor.rowBytes, count: tensor.columns, as: tensor.type, into: y)
        if tensor.scale != 1 { kernels.scale(y, tensor.scale, tensor.columns) }
    }

    /// Decodes row `row` of a matrix that is not packed, in whatever layout it is.
    /// - Parameter y: [columns].
    public static func dequantize(_ matrix: WeightMatrix, row: Int, into y: UnsafeMutablePointer<Float>) {
        switch matrix {
        case .rows(let tensor): dequantize(tensor, row: row, into: y)
        case .split(let split):
            dequantize(.q6K, split.columns, split.scale, into: y) { split.unpack(row: row, into: $0) }
        case .tiled(let tiled):
            dequantize(tiled.type, tiled.columns, tiled.scale, into: y) { tiled.unpack(row: row, into: $0) }
        case .packed: preconditionFailure("rows of packed matrices are not looked up")
        }
    }

    private static func dequantize(
        _ type: ElementType, _ columns: Int, _ scale: Float, into y: UnsafeMutablePointer<Float>,
        unpack: (UnsafeMutableRawPointer) -> Void
    ) {
        let byteCount = type.rowBytes(elements: columns)!
        withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 64) { row in
            unpack(row.baseAddress!)
            BlockCodec.dequantize(row.baseAddress!, count: columns, as: type, into: y)
        }
        if scale != 1 { kernels.scale(y, scale, columns) }
    }
}
