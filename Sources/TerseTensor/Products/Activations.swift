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

    private let values: AlignedBuffer<Float>
    private let blocks: AlignedBuffer<terse_activation_block>
    private let rowScales: AlignedBuffer<Float>

    /// Reserves memory for `capacity`.
    /// - Throws: `TensorError` when there is no such memory.
    public init(_ capacity: ActivationCapacity) throws(TensorError) {
        self.capacity = capacity
        values = try AlignedBuffer(rows: capacity.rows, columns: capacity.valueStride)
        blocks = try AlignedBuffer(rows: capacity.rows, columns: capacity.blockStride)
        rowScales = try AlignedBuffer(count: capacity.rows)
    }

    /// Bytes reserved.
    public var byteCount: Int { values.byteCount + blocks.byteCount + rowScales.byteCount }

    /// Copies or quantises `rows` rows of `columns` values from `x`, which lie `rowStride` apart.
    ///
    /// Each row's result depends on that row alone. A group of columns (or, with `int8Row`, a row) that holds a value
    /// which is not finite makes every output of its row not a number.
    public func load(
        _ x: UnsafePointer<Float>, rows: Int, columns: Int, rowStride: Int, scheme: ActivationScheme, team: ThreadTeam
    ) {
        load(
            x, rows: rows, columns: columns, rowStride: rowStride, scheme: scheme, team: team,
            kernels: MatrixMultiply.kernels)
    }

    func load(
        _ x: UnsafePointer<Float>, rows: Int, columns: Int, rowStride: Int, scheme: ActivationScheme, team: ThreadTeam,
        kernels: UnsafePointer<terse_matmul_kernels>
    ) {
        precondition(
            rows > 0 && columns > 0 && capacity.holds(rows: rows, columns: columns, scheme),
            "\(rows) rows of \(columns) columns in \(scheme) where \(capacity) fit")
        precondition(rowStride >= columns || rows == 1, "rows of \(columns) columns \(rowStride) apart")
        self.rows = rows
        self.columns = columns
        self.scheme = scheme
        guard rows > 1, rows * columns >= Self.parallelElements else {
            for row in 0..<rows { loadRow(row, x + row * rowStride, kernels) }
            return
        }
        team.run(chunks: rows) { row, _ in self.loadRow(row, x + row * rowStride, kernels) }
    }

    private func loadRow(_ row: Int, _ x: UnsafePointer<Float>, _ kernels: UnsafePointer<terse_matmul_kernels>) {
        let rowBlocks = blocks.pointer + row * ActivationCapacity.blockStride(columns)
        rowScales.pointer[row] = 1
        switch scheme {
        case .float32:
            let stride = ActivationCapacity.valueStride(columns)
            let out = values.pointer + row * stride
            out.update(from: x, count: columns)
            (out + columns).update(repeating: 0, count: stride - columns)
        case .int8Blocks32: kernels.pointee.quantize_groups(x, Int64(columns), 32, rowBlocks)
        case .int8Blocks256: kernels.pointee.quantize_groups(x, Int64(columns), 256, rowBlocks)
        case .int8Row: rowScales.pointer[row] = kernels.pointee.quantize_row(x, Int64(columns), rowBlocks)
        }
    }

    /// What is loaded, as the kernels see it.
    var view: terse_activations {
        terse_activations(
            rows: Int64(rows), columns: Int64(columns),
            values: values.pointer, value_stride: Int64(ActivationCapacity.valueStride(columns)),
            blocks: blocks.pointer, block_stride: Int64(ActivationCapacity.blockStride(columns)),
            row_scales: rowScales.pointer)
    }

    /// Elements from which loading in parallel is worth a region.
    private static let parallelElements = 1 << 14
}
