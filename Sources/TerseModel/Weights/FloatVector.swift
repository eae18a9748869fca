import TerseTensor

/// A vector of float32 weights (a norm, a bias). Copied: mapped, each would keep the pages around it in memory.
struct FloatVector: Sendable {
    private let bytes: TensorBytes
    /// Elements.
    let count: Int
    var byteCount: Int { bytes.count }

    /// Valid while this value lives.
    var pointer: UnsafePointer<Float> { bytes.pointer.assumingMemoryBound(to: Float.self) }

    init(_ tensor: Tensor) {
        count = tensor.elementCount
        bytes = TensorBytes(count: count * MemoryLayout<Float>.stride) { memory in
            VectorMath.dequantize(tensor, row: 0, into: memory.bindMemory(to: Float.self).baseAddress!)
        }
    }
}
