import TerseTensor

/// A vector of float32 weights (a norm, a bias), aligned for reading: a view of the file where it holds float32, a
/// decoded copy otherwise.
struct FloatVector: Sendable {
    private let bytes: TensorBytes
    /// Elements.
    let count: Int
    /// Bytes of memory of its own.
    let ownedBytes: Int

    /// Valid while this value lives.
    var pointer: UnsafePointer<Float> { bytes.pointer.assumingMemoryBound(to: Float.self) }

    init(_ tensor: Tensor) {
        count = tensor.elementCount
        let alignment = UInt(MemoryLayout<Float>.alignment)
        if tensor.type == .f32, tensor.scale == 1, UInt(bitPattern: tensor.bytes.pointer) % alignment == 0 {
            bytes = tensor.bytes
            ownedBytes = 0
        } else {
            ownedBytes = count * MemoryLayout<Float>.stride
            bytes = TensorBytes(count: ownedBytes) { memory in
                VectorMath.dequantize(tensor, row: 0, into: memory.bindMemory(to: Float.self).baseAddress!)
            }
        }
    }
}
