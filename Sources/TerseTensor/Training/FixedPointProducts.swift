import CTerseKernels

/// The two products of a BitLinear's backward pass, in fixed point: the gradient that arrives is taken in 16 or 8 bits with
/// a scale for each 512 terms or fewer, trits and inputs of 8 bits are whole numbers already, and sums are exact.
///
/// Rounding is at most 1/65534, or 1/254, of the greatest magnitude that a scale serves; in 16 bits it is finer than
/// bfloat16's of any but the smallest numbers. Results are the same bit for bit for any number of threads and any
/// instruction set.
public final class FixedPointProducts {
    /// Right panels: [blocks of terms, panels of columns, slots, columns].
    private let right: AlignedBuffer<Int32>
    /// Left panels of a strip of rows, for each thread: [panels, slots, rows].
    private let left: AlignedBuffer<Int32>
    /// Of each row of inputs, or of each output's matrix: the scale and its inverse.
    private let scales: AlignedBuffer<Float>
    private let inverses: AlignedBuffer<Float>

    private static let depth = Int(TERSE_FIXED_DEPTH)
    private static let panelRows = Int(TERSE_FIXED_ROWS)
    private static let panelColumns = Int(TERSE_FIXED_COLUMNS)
    private static let packedColumns = Int(TERSE_FIXED_STRIP)
    /// Rows of a result that one thread computes at a time: their left panels, at most 96 KiB, stay in its cache.
    private static let stripRows = 2 * packedColumns

    private let kernels: terse_fixed_kernels
    /// Slots of 32 bits.
    private let leftPanel: Int
    private let rightPanel: Int
    private let leftCount: Int

    /// How the gradient is rounded.
    public enum GradientBits: Int, Sendable, CaseIterable {
        case sixteen = 16
        /// Half the time where bytes are multiplied four at a time (AVX-512 VNNI, NEON's dot product).
        case eight = 8
    }

    /// Room for matrices of at most `outputs` × `inputs` and batches of `rows` rows.
    public init(
        rows: Int, inputs: Int, outputs: Int, bits: GradientBits = .sixteen, threads: Int
    ) throws(TensorError) {
        kernels = terse_fixed_kernels_for(terse_isa_selected(), CInt(bits.rawValue)).pointee
        let slots = Self.depth / Int(kernels.terms)
        (leftPanel, rightPanel) = (Self.panelRows * slots, Self.panelColumns * slots)
        leftCount = Self.stripRows * slots
        let blocks = max(rows.pieces(of: Self.depth), outputs.pieces(of: Self.depth))
        right = try AlignedBuffer(count: blocks * inputs.pieces(of: Self.panelColumns) * rightPanel)
        left = try AlignedBuffer(count: threads * leftCount)
        scales = try AlignedBuffer(count: max(rows, outputs))
        inverses = try AlignedBuffer(count: max(rows, outputs))
    }

    public var byteCount: Int { right.byteCount + left.byteCount + scales.byteCount + inverses.byteCount }

    /// `dW += dyᵀ · x`: the gradient of the weights.
    /// - Parameters:
    ///   - dy: [rows, outputs], finite or the result is not.
    ///   - x: [rows, inputs], each row multiples of its greatest magnitude / 127, as int8 keeps it.
    ///   - gradient: [outputs, inputs].
    public func addWeightGradient(
        dy: UnsafePointer<Float>, x: UnsafePointer<Float>, rows: Int, outputs: Int, inputs: Int,
        to gradient: UnsafeMutablePointer<Float>, team: ThreadTeam
    ) {
        checkRoom(rows: rows, outputs: outputs, depth: rows, columns: inputs, team)
        VectorMath.forRows(rows, columns: inputs, team) { row in
            let greatest = max(kernels.greatest(x + row * inputs, inputs), 1e-5)
            (scales.pointer[row], inverses.pointer[row]) = (greatest / 127, 127 / greatest)
        }
        packRight(x, inverses: inverses.pointer, depth: rows, columns: inputs, team)
        team.run(chunks: outputs.pieces(of: Self.stripRows)) { strip, thread in
            let (start, factors) = (strip * Self.stripRows, scales.pointer)
            let count = min(Self.stripRows, outputs - start)
            forBlocks(rows, thread) { block, first, depth, panels in
                for column in stride(from: 0, to: count, by: Self.packedColumns) {
                    var target = panels.advanced(by: column, panel: leftPanel)
                    kernels.pack_columns(
                        dy + first * outputs + start + column, outputs, min(Self.packedColumns, count - column), depth,
                        factors + first, &target)
                }
                multiply(
                    panels, block: block, depth: depth, rows: count, columns: inputs, adding: true,
                    into: gradient + start * inputs)
            }
        }
    }

    /// `dx = dy · W`: the gradient of the inputs.
    /// - Parameters:
    ///   - dy: [rows, outputs], finite or the result is not.
    ///   - weights: [outputs, inputs], −1, 0 and +1 times the scale of the row's matrix.
    ///   - weightScales: of the matrices one after another, and their rows, `outputs` together.
    ///   - dx: [rows, inputs], overwritten.
    public func inputGradient(
        dy: UnsafePointer<Float>, weights: UnsafePointer<Float>, weightScales: [(rows: Int, scale: Float)], rows: Int,
        outputs: Int, inputs: Int, into dx: UnsafeMutablePointer<Float>, team: ThreadTeam
    ) {
        checkRoom(rows: rows, outputs: outputs, depth: outputs, columns: inputs, team)
        precondition(weightScales.reduce(0) { $0 + $1.rows } == outputs)
        var row = 0
        for matrix in weightScales {
            (scales.pointer + row).update(repeating: matrix.scale, count: matrix.rows)
            (inverses.pointer + row).update(repeating: 1 / matrix.scale, count: matrix.rows)
            row += matrix.rows
        }
        packRight(weights, inverses: inverses.pointer, depth: outputs, columns: inputs, team)
        team.run(chunks: rows.pieces(of: Self.stripRows)) { strip, thread in
            let (start, factors) = (strip * Self.stripRows, scales.pointer)
            let count = min(Self.stripRows, rows - start)
            forBlocks(outputs, thread) { block, first, depth, panels in
                for row in stride(from: 0, to: count, by: Self.panelRows) {
                    var target = panels.advanced(by: row, panel: leftPanel)
                    kernels.pack_rows(
                        dy + (start + row) * outputs + first, outputs, min(Self.panelRows, count - row), depth,
                        factors + first, &target)
                }
                multiply(
                    panels, block: block, depth: depth, rows: count, columns: inputs, adding: block > 0,
                    into: dx + start * inputs)
            }
        }
    }

    private func checkRoom(rows: Int, outputs: Int, depth: Int, columns: Int, _ team: ThreadTeam) {
        let panels = depth.pieces(of: Self.depth) * columns.pieces(of: Self.panelColumns)
        precondition(max(rows, outputs) <= scales.count, "no room for \(rows) rows and \(outputs) outputs")
        precondition(panels * rightPanel <= right.count, "no room for \(depth) × \(columns)")
        precondition(team.threadCount * leftCount <= left.count, "no room for \(team.threadCount) threads")
    }

    /// All of `x` [depth, columns] as right panels.
    private func packRight(
        _ x: UnsafePointer<Float>, inverses: UnsafePointer<Float>, depth: Int, columns: Int, _ team: ThreadTeam
    ) {
        let (blocks, panels) = (depth.pieces(of: Self.depth), columns.pieces(of: Self.panelColumns))
        let right = right.pointer
        team.run(chunks: blocks * panels) { chunk, _ in
            let (block, panel) = chunk.quotientAndRemainder(dividingBy: panels)
            let (first, column) = (block * Self.depth, panel * Self.panelColumns)
            kernels.pack_levels(
                x + first * columns + column, columns, min(Self.panelColumns, columns - column),
                min(Self.depth, depth - first), inverses + first, right + chunk * rightPanel)
        }
    }

    /// Calls `body` for blocks of terms, with the thread's room for the left panels of a strip.
    private func forBlocks(
        _ terms: Int, _ thread: Int,
        _ body: (_ block: Int, _ first: Int, _ depth: Int, _ panels: terse_fixed_left) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.stripRows) { scales in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: Self.stripRows) { starts in
                let panels = terse_fixed_left(
                    panels: left.pointer + thread * leftCount, stride: leftPanel, scales: scales.baseAddress!,
                    starts: starts.baseAddress!)
                for first in stride(from: 0, to: terms, by: Self.depth) {
                    body(first / Self.depth, first, min(Self.depth, terms - first), panels)
                }
            }
        }
    }

    /// A strip of left panels times the right panels of a block: a few of those stay in the first cache meanwhile.
    private func multiply(
        _ panels: terse_fixed_left, block: Int, depth: Int, rows: Int, columns: Int, adding: Bool,
        into c: UnsafeMutablePointer<Float>
    ) {
        let perBlock = columns.pieces(of: Self.panelColumns) * rightPanel
        var product = terse_fixed_product(
            left: panels.panels, right: right.pointer + block * perBlock, left_stride: leftPanel,
            right_stride: rightPanel, rows: rows, columns: columns, depth: depth, scales: panels.scales,
            starts: panels.starts, adding: adding, c: c, c_stride: columns)
        kernels.multiply(&product)
    }

}

extension terse_fixed_left {
    /// From row `row` on, a multiple of a panel's rows; a panel takes so many slots.
    fileprivate func advanced(by row: Int, panel: Int) -> terse_fixed_left {
        terse_fixed_left(
            panels: panels + row / Int(TERSE_FIXED_ROWS) * panel, stride: stride, scales: scales + row,
            starts: starts + row)
    }
}
