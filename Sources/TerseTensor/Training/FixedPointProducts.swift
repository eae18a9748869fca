import CTerseKernels

/// The two products of a BitLinear's backward pass, in fixed point: the gradient that arrives is taken in 16 bits with a
/// scale for each 512 terms or fewer, trits and inputs of 8 bits are whole numbers already, and sums are exact.
///
/// A scale's rounding is 2^-16 of the greatest magnitude it serves, finer than bfloat16's of any but the smallest
/// numbers. Results are the same bit for bit for any number of threads and any instruction set.
public final class FixedPointProducts {
    /// Right panels: [blocks of terms, panels of columns, pairs, columns, 2].
    private let right: AlignedBuffer<Int16>
    /// Left panels of a strip of rows, for each thread: [panels, pairs, rows, 2].
    private let left: AlignedBuffer<Int16>
    /// Of each row of inputs, or of each output's matrix: the scale and its inverse.
    private let scales: AlignedBuffer<Float>
    private let inverses: AlignedBuffer<Float>

    private static let depth = Int(TERSE_WORD_DEPTH)
    private static let panelRows = Int(TERSE_WORD_ROWS)
    private static let panelColumns = Int(TERSE_WORD_COLUMNS)
    private static let packedColumns = Int(TERSE_WORD_STRIP)
    /// Rows of a result that one thread computes at a time: their left panels, 96 KiB, stay in its cache.
    private static let stripRows = 2 * packedColumns
    private static let leftPanel = panelRows * depth
    private static let rightPanel = panelColumns * depth
    private static let leftCount = stripRows / panelRows * leftPanel

    private static let kernels = terse_word_kernels_for(terse_isa_selected()).pointee

    /// Room for matrices of at most `outputs` × `inputs` and batches of `rows` rows.
    public init(rows: Int, inputs: Int, outputs: Int, threads: Int) throws(TensorError) {
        let blocks = max(Self.count(rows, by: Self.depth), Self.count(outputs, by: Self.depth))
        right = try AlignedBuffer(count: blocks * Self.count(inputs, by: Self.panelColumns) * Self.rightPanel)
        left = try AlignedBuffer(count: threads * Self.leftCount)
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
            let greatest = max(Self.kernels.greatest(x + row * inputs, inputs), 1e-5)
            (scales.pointer[row], inverses.pointer[row]) = (greatest / 127, 127 / greatest)
        }
        packRight(x, inverses: inverses.pointer, depth: rows, columns: inputs, team)
        team.run(chunks: Self.count(outputs, by: Self.stripRows)) { strip, thread in
            let (start, factors) = (strip * Self.stripRows, scales.pointer)
            let (count, panels) = (min(Self.stripRows, outputs - start), left.pointer + thread * Self.leftCount)
            forBlocks(rows) { block, first, depth, scales in
                for column in stride(from: 0, to: count, by: Self.packedColumns) {
                    Self.kernels.pack_columns(
                        dy + first * outputs + start + column, outputs, min(Self.packedColumns, count - column), depth,
                        factors + first, panels + column / Self.panelRows * Self.leftPanel, Self.leftPanel,
                        scales + column)
                }
                multiply(
                    panels, block: block, depth: depth, rows: count, columns: inputs, scales: scales, adding: true,
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
        team.run(chunks: Self.count(rows, by: Self.stripRows)) { strip, thread in
            let (start, factors) = (strip * Self.stripRows, scales.pointer)
            let (count, panels) = (min(Self.stripRows, rows - start), left.pointer + thread * Self.leftCount)
            forBlocks(outputs) { block, first, depth, scales in
                for row in stride(from: 0, to: count, by: Self.panelRows) {
                    Self.kernels.pack_rows(
                        dy + (start + row) * outputs + first, outputs, min(Self.panelRows, count - row), depth,
                        factors + first, panels + row * Self.depth, scales + row)
                }
                multiply(
                    panels, block: block, depth: depth, rows: count, columns: inputs, scales: scales,
                    adding: block > 0, into: dx + start * inputs)
            }
        }
    }

    private func checkRoom(rows: Int, outputs: Int, depth: Int, columns: Int, _ team: ThreadTeam) {
        let panels = Self.count(depth, by: Self.depth) * Self.count(columns, by: Self.panelColumns)
        precondition(max(rows, outputs) <= scales.count, "no room for \(rows) rows and \(outputs) outputs")
        precondition(panels * Self.rightPanel <= right.count, "no room for \(depth) × \(columns)")
        precondition(team.threadCount * Self.leftCount <= left.count, "no room for \(team.threadCount) threads")
    }

    /// All of `x` [depth, columns] as right panels.
    private func packRight(
        _ x: UnsafePointer<Float>, inverses: UnsafePointer<Float>, depth: Int, columns: Int, _ team: ThreadTeam
    ) {
        let (blocks, panels) = (Self.count(depth, by: Self.depth), Self.count(columns, by: Self.panelColumns))
        let right = right.pointer
        team.run(chunks: blocks * panels) { chunk, _ in
            let (block, panel) = chunk.quotientAndRemainder(dividingBy: panels)
            let (first, column) = (block * Self.depth, panel * Self.panelColumns)
            Self.kernels.pack_levels(
                x + first * columns + column, columns, min(Self.panelColumns, columns - column),
                min(Self.depth, depth - first), inverses + first, right + chunk * Self.rightPanel)
        }
    }

    /// Calls `body` for blocks of terms, with room for the scales of a strip.
    private func forBlocks(
        _ terms: Int,
        _ body: (_ block: Int, _ first: Int, _ depth: Int, _ scales: UnsafeMutablePointer<Float>) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.stripRows) { scales in
            for first in stride(from: 0, to: terms, by: Self.depth) {
                body(first / Self.depth, first, min(Self.depth, terms - first), scales.baseAddress!)
            }
        }
    }

    /// A strip of left panels times the right panels of a block: a few of those stay in the first cache meanwhile.
    private func multiply(
        _ panels: UnsafePointer<Int16>, block: Int, depth: Int, rows: Int, columns: Int, scales: UnsafePointer<Float>,
        adding: Bool, into c: UnsafeMutablePointer<Float>
    ) {
        let perBlock = Self.count(columns, by: Self.panelColumns)
        var product = terse_word_product(
            left: panels, right: right.pointer + block * perBlock * Self.rightPanel, left_stride: Self.leftPanel,
            right_stride: Self.rightPanel, rows: rows, columns: columns, depth: depth, scales: scales, adding: adding,
            c: c, c_stride: columns)
        Self.kernels.multiply(&product)
    }

    private static func count(_ elements: Int, by size: Int) -> Int { (elements + size - 1) / size }
}
