import CTerseKernels

/// Operations on rows of float32.
///
/// Every result is the same bit for bit whatever the number of rows in a call, the team's size and the instruction set:
/// terse_vector.h prescribes each rounding. Pointers need no alignment. With a `team`, work large enough to pay is
/// shared among its threads.
public enum VectorMath {
    static let kernels = terse_vector_kernels_for(terse_isa_selected()).pointee

    /// Elements that one thread handles at a time in element-wise operations.
    private static let elementsPerChunk = 8192

    /// `y = x / rms(x) · weight` for each row, where `rms = sqrt(mean of squares + epsilon)`.
    /// - Parameters:
    ///   - x: [rows, columns].
    ///   - weight: [columns], or nil for none.
    ///   - y: [rows, columns]; may be `x`.
    public static func rmsNorm(
        _ x: UnsafePointer<Float>, rows: Int, columns: Int, weight: UnsafePointer<Float>?, epsilon: Float,
        into y: UnsafeMutablePointer<Float>, team: ThreadTeam? = nil
    ) {
        forRows(rows, columns: columns, team) { row in
            kernels.rms_norm(x + row * columns, columns, weight, epsilon, y + row * columns)
        }
    }

    /// `x += y`.
    public static func add(
        _ x: UnsafeMutablePointer<Float>, _ y: UnsafePointer<Float>, count: Int, team: ThreadTeam? = nil
    ) {
        forRanges(count, team) { start, length in kernels.add(x + start, y + start, length) }
    }

    /// `x += bias` for each row of `x`, [rows, columns].
    public static func addBias(
        _ x: UnsafeMutablePointer<Float>, rows: Int, columns: Int, bias: UnsafePointer<Float>,
        team: ThreadTeam? = nil
    ) {
        forRows(rows, columns: columns, team) { row in kernels.add(x + row * columns, bias, columns) }
    }

    /// `gate = silu(gate) · up`, where `silu(g) = g / (1 + exp(−g))`.
    public static func siluMultiply(
        _ gate: UnsafeMutablePointer<Float>, _ up: UnsafePointer<Float>, count: Int, team: ThreadTeam? = nil
    ) {
        forRanges(count, team) { start, length in kernels.silu_multiply(gate + start, up + start, length) }
    }

    /// `gate = max(gate, 0)² · up`.
    public static func squaredReLUMultiply(
        _ gate: UnsafeMutablePointer<Float>, _ up: UnsafePointer<Float>, count: Int, team: ThreadTeam? = nil
    ) {
        forRanges(count, team) { start, length in kernels.squared_relu_multiply(gate + start, up + start, length) }
    }

    /// Calls `body` for each row, in parallel when there is enough to do.
    static func forRows(_ rows: Int, columns: Int, _ team: ThreadTeam?, _ body: (_ row: Int) -> Void) {
        let rowsPerChunk = max(1, elementsPerChunk / max(columns, 1))
        guard let team, rows > rowsPerChunk else {
            for row in 0..<rows { body(row) }
            return
        }
        team.run(chunks: rows.pieces(of: rowsPerChunk)) { chunk, _ in
            for row in chunk * rowsPerChunk..<min(rows, (chunk + 1) * rowsPerChunk) { body(row) }
        }
    }

    private static func forRanges(_ count: Int, _ team: ThreadTeam?, _ body: (_ start: Int, _ length: Int) -> Void) {
        guard let team, count > elementsPerChunk else { return body(0, count) }
        team.run(chunks: count.pieces(of: elementsPerChunk)) { chunk, _ in
            let start = chunk * elementsPerChunk
            body(start, min(elementsPerChunk, count - start))
        }
    }
}
