import TerseTensor

/// The order of rows in llama's query and key projections.
///
/// transformers rotates the halves of a head against each other, GGUF's llama adjacent pairs: row 2i + j of a head is
/// transformers' row j·d/2 + i.
struct RotaryRowOrder {
    let heads: Int
    let headDimension: Int

    var rows: Int { heads * headDimension }

    /// Which row of the source is row `row` of the result.
    func source(of row: Int) -> Int {
        let within = row % headDimension
        return row - within + within % 2 * (headDimension / 2) + within / 2
    }

    /// A copy of `tensor`, a matrix or a vector with one element for each row, with its rows in the new order.
    func apply(to tensor: Tensor) -> Tensor {
        let stride = tensor.shape.count > 1 ? tensor.rowBytes : tensor.type.blockBytes
        let source = tensor.bytes.buffer
        let bytes = TensorBytes(count: rows * stride) { memory in
            for row in 0..<rows {
                let from = self.source(of: row) * stride
                UnsafeMutableRawBufferPointer(rebasing: memory[row * stride..<(row + 1) * stride])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from..<from + stride]))
            }
        }
        return (try? Tensor(type: tensor.type, shape: tensor.shape, bytes: bytes)) ?? tensor
    }
}
