import TerseTensor

/// Decodes tensors of any weight type, their scale applied.
enum TestDecoding {
    static func values(of tensor: Tensor) -> [Float] {
        var result = [Float](repeating: 0, count: tensor.elementCount)
        result.withUnsafeMutableBufferPointer { values in
            guard let start = values.baseAddress else { return }
            for row in 0..<tensor.rows {
                BlockCodec.dequantize(
                    tensor.bytes.pointer + row * tensor.rowBytes, count: tensor.columns, as: tensor.type,
                    into: start + row * tensor.columns)
            }
        }
        return result.map { $0 * tensor.scale }
    }
}
