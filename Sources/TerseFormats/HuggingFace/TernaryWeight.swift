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

    /// - Parameter team: when given, its threads share the work; the result is the same.
    func load(_ team: ThreadTeam?) throws(FormatError) -> Tensor {
        let (type, shape) = try encoding()
        let (columns, rows) = (shape[0], shape[1])
        let factor = try factor()
        let masterScale = factor == nil ? try masterScale(columns: columns, rows: rows, team) : nil
        guard
            let reader = TernaryReader(tensor: item.tensor, columns: columns, rows: rows, masterScale: masterScale)
        else { throw FormatError(.unsupported, "\(what): type \(item.tensor.type.rawValue)") }
        guard let rowBytes = type.rowBytes(elements: columns), rows <= Int.max / rowBytes else {
            throw FormatError(.invalid, "\(what): shape \(item.tensor.shape) overflows")
        }
        let threads = team?.threadCount ?? 1
        let trits: AlignedBuffer<Int8> = try allocate(threads * columns)
        let failed: AlignedBuffer<Bool> = try allocate(rows)
        let bytes = TensorBytes(count: rows * rowBytes) { memory in
            Self.forEachRow(rows, team) { row, thread in
                let values = trits.pointer + thread * columns
                if !reader.read(rowOrder?.source(of: row) ?? row, values) { failed.pointer[row] = true }
                TernaryEncoder.encode(
                    UnsafeBufferPointer(start: values, count: columns), as: type,
                    into: UnsafeMutableRawBufferPointer(rebasing: memory[row * rowBytes..<(row + 1) * rowBytes]))
            }
        }
        if let row = failed.buffer.firstIndex(of: true) {
            throw FormatError(.invalid, "\(what): row \(row) holds a value that is neither −1, 0 nor 1")
        }
        do {
            return try Tensor(type: type, shape: shape, bytes: bytes, scale: factor ?? reader.meanMagnitude)
        } catch { throw FormatError(.invalid, "\(what): \(error.message)") }
    }

    private static func forEachRow(_ rows: Int, _ team: ThreadTeam?, _ body: (_ row: Int, _ thread: Int) -> Void) {
        if let team { return team.run(chunks: rows, body) }
        for row in 0..<rows { body(row, 0) }
    }

    private func allocate<Element>(_ count: Int) throws(FormatError) -> AlignedBuffer<Element> {
        do { return try AlignedBuffer(count: count) } catch {
            throw FormatError(.system, "\(what): \(error.message)")
        }
    }

    /// What the ternary values are multiplied by, from `weight_scale`; nil when there is none.
    private func factor() throws(FormatError) -> Float? {
        guard let scale else { return nil }
        let tensor = try scale.tensor.tensor(file: scale.file)
        guard tensor.elementCount == 1, let value = TernaryReader.first(tensor.type, tensor.bytes.pointer)
        else {
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
    private func masterScale(columns: Int, rows: Int, _ team: ThreadTeam?) throws(FormatError) -> Float {
        guard let type = item.tensor.type.elementType else {
            throw FormatError(.unsupported, "\(what): \(item.tensor.type.rawValue) master weights")
        }
        let pointer = item.tensor.bytes.pointer
        let sums: AlignedBuffer<Double> = try allocate(rows)
        Self.forEachRow(rows, team) { row, _ in
            sums.pointer[row] = TernaryReader.magnitude(type, pointer, first: row * columns, count: columns)
        }
        let mean = Float(sums.buffer.reduce(0, +) / Double(rows * columns))
        guard mean.isFinite else { throw FormatError(.invalid, "\(what): a weight is not finite") }
        return 1 / max(mean, Self.meanMin)
    }
}
