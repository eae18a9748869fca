import CTerseKernels

/// Weight formats to float32 and back, a row at a time.
public enum BlockCodec {
    /// Whether rows can be encoded as `type`: every weight type but I2_S.
    public static func canQuantize(to type: ElementType) -> Bool { type.isWeightType && type != .i2S }

    /// Decodes `count` elements, a multiple of the type's block. `type` must be a weight type.
    ///
    /// I2_S elements come out as −1, 0 and 1: their scale is the tensor's.
    public static func dequantize(
        _ blocks: UnsafeRawPointer, count: Int, as type: ElementType, into x: UnsafeMutablePointer<Float>
    ) {
        precondition(type.isWeightType && count % type.blockElements == 0, "\(count) elements of \(type.name)")
        terse_dequantize(terse_type(type.rawValue), blocks, x, count)
    }

    /// Encodes `count` elements, a multiple of the type's block, with the scales and roundings of ggml's reference
    /// quantisers without an importance matrix.
    /// - Parameter blocks: room for `type.rowBytes(elements: count)` bytes.
    /// - Throws: `TensorError`: `unsupportedType` for a type that cannot be written, `badShape` for a length that is no
    ///   multiple of the block, `badValue` naming the first element that is not finite or too large for the type.
    public static func quantize(
        _ x: UnsafePointer<Float>, count: Int, as type: ElementType, into blocks: UnsafeMutableRawPointer
    ) throws(TensorError) {
        guard canQuantize(to: type) else {
            throw TensorError(.unsupportedType, "rows cannot be encoded as \(type.name)")
        }
        guard count >= 0, count % type.blockElements == 0 else {
            throw TensorError(
                .badShape, "\(count) elements are no multiple of \(type.name)'s block of \(type.blockElements)")
        }
        guard !terse_quantize(terse_type(type.rawValue), x, blocks, count) else { return }
        let values = UnsafeBufferPointer(start: x, count: count)
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw TensorError(.badValue, "element \(index) is \(values[index]), which \(type.name) cannot hold")
        }
        let index = values.indices.max { abs(values[$0]) < abs(values[$1]) }!
        throw TensorError(.badValue, "element \(index) is \(values[index]), too large for \(type.name)")
    }
}
