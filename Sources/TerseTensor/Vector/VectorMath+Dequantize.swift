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
        scale(y, tensor.columns, by: tensor.scale)
    }

    /// The same of a matrix in any layout but `.packed`.
    public static func dequantize(_ matrix: WeightMatrix, row: Int, into y: UnsafeMutablePointer<Float>) {
        switch matrix {
        case .rows(let tensor): dequantize(tensor, row: row, into: y)
        case .split(let split):
            split.dequantize(row: row, into: y)
            scale(y, split.columns, by: split.scale)
        case .tiled(let tiled):
            tiled.dequantize(row: row, into: y)
            scale(y, tiled.columns, by: tiled.scale)
        case .packed: preconditionFailure("rows of packed matrices are not looked up")
        }
    }

    private static func scale(_ y: UnsafeMutablePointer<Float>, _ count: Int, by factor: Float) {
        if factor != 1 { kernels.scale(y, factor, count) }
    }
}
