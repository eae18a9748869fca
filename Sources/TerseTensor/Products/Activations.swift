import CTerseKernels

/// The inputs of matrix products, plain or quantised: memory for a fixed capacity, filled anew for every product.
///
/// One thread loads and one region of a team multiplies at a time; several products may read what was loaded once.
public final class Activations: @unchecked Sendable {
    // Written in `load` only, which the owner never calls while a product reads.

    /// The most that can be loaded.
    public let capacity: ActivationCapacity

    /// What is loaded now.
    public private(set) var rows = 0
    public private(set) var columns = 0
    public private(set) var scheme = ActivationScheme.float32

    /// Four columns each, with what fills up the last vector of `int8Packed`.
    private var quads = 0
    /// Rows of `float32` that lie together by lane; 0 where each lies as it is.
    private var floatGroup = 0
    /// Rows whose memory is interleaved, so that one thread loads them.
    private var groupRows: Int {
        if floatGroup > 0 { floatGroup } else if scheme == .int8Packed { Int(TERSE_PACKED_GROUP) } else { 1 }
    }

    private let values: AlignedBuffer<Float>
    private let blocks: AlignedBuffer<terse_activation_block>
    private let packed: AlignedBuffer<Int8>
    private let packedSums: AlignedBuffer<Int32>
    private let rowScales: AlignedBuffer<Float>

    /// Reserves memory for `capacity`.
    /// - Throws: `TensorError` when there is no such memory.
    public init(_ capacity: ActivationCapacity) throws(TensorError) {
        self.capacity = capacity
        values = try AlignedBuffer(rows: capacity.rows, columns: capacity.valueStride)
        blocks = try AlignedBuffer(rows: capacity.rows, columns: capacity.blockStride)
        packed = try AlignedBuffer(rows: capacity.rows, columns: capacity.packedStride)
        packedSums = try AlignedBuffer(count: capacity.rows)
        rowScales = try AlignedBuffer(count: capacity.rows)
    }

    /// Bytes reserved.
    public var byteCount: Int {
        values.byteCount + blocks.byteCount + packed.byteCount + packedSums.byteCount + rowScales.byteCount
    }

    /// Copies or quantises `rows` rows of `columns` values from `x`, which lie `rowStride` apart.
    ///
    /// Each row's result depends on that row alone. A group of columns (or, with `int8Row` and `int8Packed`, a row) that holds a value
    /// which is not finite makes every output of its row not a number.
    public func load(
        _ x: UnsafePointer<Float>, rows: Int, columns: Int, rowStride: Int, scheme: ActivationScheme, team: ThreadTeam
    ) {
        load(
            x, rows: rows, columns: columns, rowStride: rowStride, scheme: scheme, team: team,
            kernels: .selected)
    }

    func load(
        _ x: UnsafePointer<Float>, rows: Int, columns: Int, rowStride: Int, scheme: ActivationScheme, team: ThreadTeam,
        kernels: MatrixMultiply.Kernels
    ) {
        precondition(
            rows > 0 && columns > 0 && capacity.holds(rows: rows, columns: columns, scheme),
            "\(rows) rows of \(columns) columns in \(scheme) where \(capacity) fit")
        precondition(rowStride >= columns || rows == 1, "rows of \(columns) columns \(rowStride) apart")
        self.rows = rows
        self.columns = columns
        self.scheme = scheme
        let fields = kernels.packed.pointee.fields
        quads = Int(terse_packed_vectors(Int64(columns), fields)) * Int(fields)
        floatGroup = scheme == .float32 ? Int(terse_float_group(kernels.rows, Int64(rows))) : 0
        let group = groupRows
        func loadGroup(_ index: Int) {
            loadRows(index * group..<min((index + 1) * group, rows), x, rowStride: rowStride, kernels)
        }
        let groups = rows.pieces(of: group)
        guard groups > 1, rows * columns >= Self.parallelElements else {
            for index in 0..<groups { loadGroup(index) }
            return
        }
        team.run(chunks: groups) { index, _ in loadGroup(index) }
    }

    private func loadRows(
        _ range: Range<Int>, _ x: UnsafePointer<Float>, rowStride: Int, _ kernels: MatrixMultiply.Kernels
    ) {
        guard floatGroup > 0 else {
            for row in range { loadRow(row, x + row * rowStride, kernels) }
            return
        }
        let first = range.lowerBound
        terse_lay_out_by_lane(
            x + first * rowStride, Int64(rowStride), Int64(range.count), Int64(columns), Int64(floatGroup),
            values.pointer + first * ActivationCapacity.valueStride(columns))
        (rowScales.pointer + first).update(repeating: 1, count: range.count)
    }

    private func loadRow(_ row: Int, _ x: UnsafePointer<Float>, _ kernels: MatrixMultiply.Kernels) {
        let rowBlocks = blocks.pointer + row * ActivationCapacity.blockStride(columns)
        rowScales.pointer[row] = 1
        switch scheme {
        case .float32:
            let stride = ActivationCapacity.valueStride(columns)
            let out = values.pointer + row * stride
            out.update(from: x, count: columns)
            (out + columns).update(repeating: 0, count: stride - columns)
        case .int8Blocks32: kernels.rows.pointee.quantize_groups(x, Int64(columns), 32, rowBlocks)
        case .int8Blocks256: kernels.rows.pointee.quantize_groups(x, Int64(columns), 256, rowBlocks)
        case .int8Row: rowScales.pointer[row] = kernels.rows.pointee.quantize_row(x, Int64(columns), rowBlocks)
        case .int8Packed: loadPacked(row, x, kernels)
        }
    }

    private func loadPacked(_ row: Int, _ x: UnsafePointer<Float>, _ kernels: MatrixMultiply.Kernels) {
        let group = row / Int(TERSE_PACKED_GROUP) * Int(TERSE_PACKED_GROUP)
        let out = packed.pointer + 4 * (group * quads + row - group)
        rowScales.pointer[row] = kernels.packed.pointee.quantize(
            x, Int64(columns), Int64(quads), Int64(min(rows - group, Int(TERSE_PACKED_GROUP))), out,
            packedSums.pointer + row)
    }

    /// What is loaded, as the kernels see it.
    var view: terse_activations {
        terse_activations(
            rows: Int64(rows), columns: Int64(columns),
            values: values.pointer, value_stride: Int64(ActivationCapacity.valueStride(columns)),
            blocks: blocks.pointer, block_stride: Int64(ActivationCapacity.blockStride(columns)),
            row_scales: rowScales.pointer, by_lane: floatGroup > 0)
    }

    /// One row of what is loaded.
    func view(ofRow row: Int) -> terse_activations {
        precondition(floatGroup == 0, "rows that lie by lane cannot be viewed one by one")
        var view = view
        view.rows = 1
        view.values += row * Int(view.value_stride)
        view.blocks += row * Int(view.block_stride)
        view.row_scales += row
        return view
    }

    /// The Euclidean norm of a row in `int8Blocks256`, as it was quantised; rounded up.
    func norm(row: Int) -> Float {
        let stride = ActivationCapacity.blockStride(columns)
        var sum = 0.0
        for block in UnsafeBufferPointer(start: blocks.pointer + row * stride, count: stride) {
            var squares: Int32 = 0
            withUnsafeBytes(of: block.quants) { quants in
                for quant in quants.bindMemory(to: Int8.self) { squares += Int32(quant) * Int32(quant) }
            }
            sum += Double(squares) * Double(block.scales.0) * Double(block.scales.0)
        }
        return Float(sum.squareRoot() * (1 + 0x1p-20))
    }

    /// What is loaded in `int8Packed`.
    var packedView: terse_packed_activations {
        terse_packed_activations(
            rows: Int64(rows), quads: Int64(quads), quants: packed.pointer, sums: packedSums.pointer,
            scales: rowScales.pointer)
    }

    /// Elements from which loading in parallel is worth a region.
    private static let parallelElements = 1 << 14
}
