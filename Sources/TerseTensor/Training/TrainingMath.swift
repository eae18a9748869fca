import CTerseKernels

/// Forward and backward passes of everything in a transformer that is no matrix product, on rows of float32 or float64.
///
/// Each operation shares its rows among the threads of a team. A result never depends on how they were shared: rows are
/// independent, and sums over rows run in one order, columns being what is shared. `terse_training.h` prescribes each
/// rounding. Buffers are [rows, columns] and contiguous unless a stride says otherwise.
public enum TrainingMath<Scalar: TrainingScalar> {
    /// Read.
    public typealias Input = UnsafePointer<Scalar>
    /// Written, or read and written.
    public typealias Output = UnsafeMutablePointer<Scalar>

    static var kernels: terse_training_kernels { Scalar.trainingKernels.table }

    /// Columns that one thread sums over all rows.
    private static var stripColumns: Int { 64 }
    /// Elements that one thread handles at a time in element-wise operations and sums.
    static var rangeElements: Int { 1 << 15 }

    // MARK: Norm

    /// `y = x / rms(x) · weight` (arXiv:1910.07467), and with `quantizing` what int8 keeps of y: each row rounded to
    /// multiples of its greatest magnitude / 127.
    /// - Parameters:
    ///   - reciprocals: [rows], gets 1 / rms, which the gradient needs.
    ///   - y: may be `x`.
    public static func rmsNorm(
        _ x: Input, weight: Input, rows: Int, columns: Int, epsilon: Double, quantizing: Bool, into y: Output,
        reciprocals: Output, team: ThreadTeam
    ) {
        let kernels = kernels
        VectorMath.forRows(rows, columns: columns, team) { row in
            let (from, to) = (x + row * columns, y + row * columns)
            reciprocals[row] = Scalar(kernels.rms_norm(from, weight, columns, epsilon, to))
            if quantizing { kernels.quantize_row(to, columns, to) }
        }
    }

    /// Gradients of `rmsNorm`: adds to `weightGradient`, and writes `dx` or adds to it. Rounding to int8 passes the
    /// gradient straight through.
    /// - Parameters:
    ///   - x: the input of the forward pass.
    ///   - reciprocals: [rows], of the forward pass.
    ///   - dx: may be `dy` when nothing is to be added to it.
    public static func rmsNormGradient(
        _ x: Input, weight: Input, reciprocals: Input, dy: Input, rows: Int, columns: Int, weightGradient: Output,
        into dx: Output, adding: Bool, team: ThreadTeam
    ) {
        let kernels = kernels
        forStrips(columns, team) { start, count in
            kernels.rms_norm_weight_gradient(
                x + start, dy + start, reciprocals, rows, columns, count, weightGradient + start)
        }
        VectorMath.forRows(rows, columns: columns, team) { row in
            let offset = row * columns
            kernels.rms_norm_gradient(
                x + offset, weight, dy + offset, Double(reciprocals[row]), columns, adding, dx + offset)
        }
    }

    // MARK: Quantisation

    /// `y` = what int8 keeps of each row of `x`; may be `x`.
    public static func quantizeRows(_ x: Input, rows: Int, columns: Int, into y: Output, team: ThreadTeam) {
        let kernels = kernels
        VectorMath.forRows(rows, columns: columns, team) { row in
            kernels.quantize_row(x + row * columns, columns, y + row * columns)
        }
    }

    /// `y = scale · clamp(round(x / scale), −1, 1)`, `scale` being the mean magnitude of all of `x`, at least 1e-5.
    /// - Returns: the scale.
    public static func ternarize(_ x: Input, count: Int, into y: Output, team: ThreadTeam) -> Scalar {
        let kernels = kernels
        let sum = sumOverRanges(count, team) { start, length in kernels.absolute_sum(x + start, length) }
        let scale = max(Scalar(sum / Double(max(count, 1))), Scalar(1e-5))
        forRanges(count, team) { start, length in
            kernels.ternarize(x + start, Double(scale), length, y + start)
        }
        return scale
    }

    // MARK: Gate

    /// `y = act(gate) · up`, where the rows of `gateUp` hold gate and up side by side.
    /// - Parameters:
    ///   - gateUp: [rows, 2 · columns].
    ///   - y: [rows, columns].
    public static func gate(
        _ activation: GateActivation, _ gateUp: Input, rows: Int, columns: Int, into y: Output, team: ThreadTeam
    ) {
        let kernel = activation == .silu ? kernels.silu_gate! : kernels.squared_relu_gate!
        VectorMath.forRows(rows, columns: columns, team) { row in
            let gate = gateUp + 2 * row * columns
            kernel(gate, gate + columns, columns, y + row * columns)
        }
    }

    /// Gradients of `gate`, written over its inputs.
    public static func gateGradient(
        _ activation: GateActivation, dy: Input, rows: Int, columns: Int, over gateUp: Output, team: ThreadTeam
    ) {
        let kernel = activation == .silu ? kernels.silu_gate_gradient! : kernels.squared_relu_gate_gradient!
        VectorMath.forRows(rows, columns: columns, team) { row in
            let gate = gateUp + 2 * row * columns
            kernel(gate, gate + columns, dy + row * columns, columns, gate, gate + columns)
        }
    }

    // MARK: Element-wise

    /// `x = a · x + b · y`.
    public static func combine(
        _ x: Output, _ a: Double, _ y: Input, _ b: Double, count: Int, team: ThreadTeam
    ) {
        let kernels = kernels
        forRanges(count, team) { start, length in kernels.combine(x + start, a, y + start, b, length) }
    }

    /// `z = x + y`.
    public static func add(_ x: Input, _ y: Input, count: Int, into z: Output, team: ThreadTeam) {
        let kernels = kernels
        forRanges(count, team) { start, length in kernels.sum(x + start, y + start, length, z + start) }
    }

    /// `x = factor · x`, on the caller's thread.
    public static func scale(_ x: Output, by factor: Double, count: Int) { kernels.combine(x, factor, x, 0, count) }

    /// Σ x² in double precision.
    public static func squareSum(_ x: Input, count: Int, team: ThreadTeam) -> Double {
        let kernels = kernels
        return sumOverRanges(count, team) { start, length in kernels.square_sum(x + start, length) }
    }

    // MARK: Sharing

    static func forRanges(_ count: Int, _ team: ThreadTeam, _ body: (_ start: Int, _ length: Int) -> Void) {
        team.run(chunks: count.pieces(of: rangeElements)) { chunk, _ in
            let start = chunk * rangeElements
            body(start, min(rangeElements, count - start))
        }
    }

    /// Calls `body` for strips of columns.
    static func forStrips(_ columns: Int, _ team: ThreadTeam, _ body: (_ start: Int, _ count: Int) -> Void) {
        team.run(chunks: columns.pieces(of: stripColumns)) { strip, _ in
            let start = strip * stripColumns
            body(start, min(stripColumns, columns - start))
        }
    }

    /// Sums of ranges of one size, added in order.
    private static func sumOverRanges(
        _ count: Int, _ team: ThreadTeam, _ body: (_ start: Int, _ length: Int) -> Double
    ) -> Double {
        let ranges = count.pieces(of: rangeElements)
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: max(ranges, 1)) { sums in
            let base = sums.baseAddress!
            forRanges(count, team) { start, length in base[start / rangeElements] = body(start, length) }
            return sums[..<ranges].reduce(0, +)
        }
    }
}
