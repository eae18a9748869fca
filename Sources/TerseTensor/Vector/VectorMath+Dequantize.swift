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
}
