import TerseTensor

/// bitnet.cpp's I2_S tensors: two bits per weight, then 32 bytes of which the first four are the float32 scale of the
/// whole tensor.
///
/// Source: `ggml_nbytes` and `quantize_i2_s` of https://github.com/microsoft/BitNet and its llama.cpp.
enum I2SLayout {
    static let trailerBytes = 32

    /// The tensor whose data and trailer are `bytes`, its weights in x86 order.
    static func tensor(shape: [Int], bytes: TensorBytes, order: I2SOrder) throws(TensorError) -> Tensor {
        let packed = try Tensor.byteCount(type: .i2S, shape: shape)
        guard bytes.count >= packed + trailerBytes else {
            throw TensorError(
                .tooFewBytes,
                "an i2_s tensor of shape \(shape) needs \(packed + trailerBytes) bytes, found \(bytes.count)")
        }
        let pattern = UInt32(littleEndian: bytes.buffer.loadUnaligned(fromByteOffset: packed, as: UInt32.self))
        let scale = Float(bitPattern: pattern)
        guard scale.isFinite else { throw TensorError(.badShape, "its scale is \(scale)") }
        let data = order == .x86 ? bytes : repackingArmBlocks(bytes, count: packed)
        return try Tensor(type: .i2S, shape: shape, bytes: data, scale: scale)
    }

    /// Two consecutive blocks of 64 (16 bytes each) become one of 128 (32 bytes).
    ///
    /// In the source, element e of 128 is bits 6 − 2·(e % 64 / 16) of byte 16·(e / 64) + e % 16; in the result, bits
    /// 6 − 2·(e / 32) of byte e % 32.
    private static func repackingArmBlocks(_ bytes: TensorBytes, count: Int) -> TensorBytes {
        let source = bytes.buffer
        return TensorBytes(count: count) { result in
            for block in stride(from: 0, to: count, by: 32) {
                for element in 0..<128 {
                    let byte = source[block + element / 64 * 16 + element % 16]
                    let weight = byte >> UInt8(6 - 2 * (element % 64 / 16)) & 3
                    result[block + element % 32] |= weight << UInt8(6 - 2 * (element / 32))
                }
            }
        }
    }
}
