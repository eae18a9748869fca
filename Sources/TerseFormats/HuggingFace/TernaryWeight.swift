import TerseTensor

/// A linear layer's weight of a BitNet checkpoint, made ternary when it is loaded: float master weights by their mean
/// magnitude, packed or ready-made ternary values as they stand.
///
/// Source: `WeightQuant` and `unpack_weights` of transformers' integrations/bitnet.py.
struct TernaryWeight {
    /// A packed byte holds one value of each of four rows, a quarter of the matrix apart.
    static let rowsPerByte = 4
    /// Master weights of a smaller mean magnitude are divided by this instead.
    static let meanMin: Float = 1e-5

    let item: HuggingFaceWeights.Item
    /// The `weight_scale` beside it.
    let scale: HuggingFaceWeights.Item?
    let scaleRule: BitNetQuantization.ScaleRule
    let rowOrder: RotaryRowOrder?

    private var what: String { "\(item.file): tensor \(item.tensor.name)" }

    /// Type and shape (contiguous dimension first) of what `load` returns.
    func encoding() throws(FormatError) -> (ElementType, [Int]) {
        guard item.tensor.shape.count == 2 else {
            throw FormatError(.mismatch, "\(what): expected a matrix, found shape \(item.tensor.shape)")
        }
        let columns = item.tensor.shape[1]
        var (rows, overflow) = (item.tensor.shape[0], false)
        switch item.tensor.type {
        case .f32, .f16, .bf16: break
        case .u8:
            (rows, overflow) = rows.multipliedReportingOverflow(by: Self.rowsPerByte)
            guard scale != nil else { throw FormatError(.missing, "\(what): packed weights without a weight_scale") }
        default:
            throw FormatError(
                .unsupported, "\(what): expected F32, F16, BF16 or U8, found \(item.tensor.type.rawValue)")
        }
        guard !overflow, rows > 0, columns > 0 else {
            throw FormatError(.invalid, "\(what): shape \(item.tensor.shape)")
        }
        return (TernaryEncoder.type(columns: columns), [columns, rows])
    }

    func load() throws(FormatError) -> Tensor {
        let (type, shape) = try encoding()
        let (columns, rows) = (shape[0], shape[1])
        let factor = try factor()
        let reader = try reader(columns: columns, rows: rows, masterScale: factor == nil ? masterScale() : nil)
        guard let rowBytes = type.rowBytes(elements: columns), rows <= Int.max / rowBytes else {
            throw FormatError(.invalid, "\(what): shape \(item.tensor.shape) overflows")
        }
        var failure: Int?
        let bytes = TensorBytes(count: rows * rowBytes) { memory in
            var trits = [Int8](repeating: 0, count: columns)
            for row in 0..<rows {
                if !reader.read(rowOrder?.source(of: row) ?? row, &trits) {
                    failure = row
                    return
                }
                let encoded = UnsafeMutableRawBufferPointer(rebasing: memory[row * rowBytes..<(row + 1) * rowBytes])
                trits.withUnsafeBufferPointer { TernaryEncoder.encode($0, as: type, into: encoded) }
            }
        }
        if let failure {
            throw FormatError(.invalid, "\(what): row \(failure) holds a value that is neither −1, 0 nor 1")
        }
        do {
            return try Tensor(type: type, shape: shape, bytes: bytes, scale: factor ?? reader.meanMagnitude)
        } catch { throw FormatError(.invalid, "\(what): \(error.message)") }
    }

    /// What the ternary values are multiplied by, from `weight_scale`; nil when there is none.
    private func factor() throws(FormatError) -> Float? {
        guard let scale else { return nil }
        let tensor = try scale.tensor.tensor(file: scale.file)
        guard tensor.elementCount == 1, let value = TernaryReader.floats(tensor.type)?(tensor.bytes.pointer, 0) else {
            throw FormatError(
                .mismatch,
                "\(scale.file): tensor \(scale.tensor.name): expected one float, found \(scale.tensor.type.rawValue) "
                    + "of shape \(scale.tensor.shape)")
        }
        guard value.isFinite, value != 0 else {
            throw FormatError(.invalid, "\(scale.file): tensor \(scale.tensor.name): found \(value)")
        }
        return scaleRule == .multiplies ? value : 1 / value
    }

    /// The factor that brings master weights to the range of −1 to 1: one over their mean magnitude.
    private func masterScale() throws(FormatError) -> Float {
        let count = item.tensor.shape.reduce(1, *)
        guard let load = TernaryReader.floats(item.tensor.type.elementType) else {
            throw FormatError(.unsupported, "\(what): \(item.tensor.type.rawValue) master weights")
        }
        let pointer = item.tensor.bytes.pointer
        var sum = 0.0
        for index in 0..<count { sum += Double(abs(load(pointer, index))) }
        let mean = Float(sum / Double(count))
        guard mean.isFinite else { throw FormatError(.invalid, "\(what): a weight is not finite") }
        return 1 / max(mean, Self.meanMin)
    }

    private func reader(columns: Int, rows: Int, masterScale: Float?) throws(FormatError) -> TernaryReader {
        guard let reader = TernaryReader(tensor: item.tensor, columns: columns, rows: rows, masterScale: masterScale)
        else {
            throw FormatError(.unsupported, "\(what): type \(item.tensor.type.rawValue)")
        }
        return reader
    }
}
