import CTerseKernels

/// Finds the greatest outputs of a product by its upper half, and computes those alone.
public final class Screening {
    /// The greatest approximation of each tile.
    private let greatest: AlignedBuffer<Float>
    /// Tiles to compute.
    private let tiles: AlignedBuffer<Int32>
    private let values: AlignedBuffer<Float>

    /// More of the greatest outputs are not looked for.
    public static let countMax = 64
    /// Of the tiles, the part up to which computing those alone is worth while.
    private static let tilesFraction = 4

    /// Memory for matrices of up to `rows` rows.
    public init(rows: Int) throws(TensorError) {
        let count = Self.tileCount(rows)
        (greatest, tiles) = (try AlignedBuffer(count: count), try AlignedBuffer(count: count))
        values = try AlignedBuffer(count: Self.countMax)
    }

    /// Bytes that a screening of `rows` rows reserves.
    public static func byteCount(rows: Int) -> Int {
        tileCount(rows) * (MemoryLayout<Float>.stride + MemoryLayout<Int32>.stride) + countMax
            * MemoryLayout<Float>.stride
    }

    private static func tileCount(_ rows: Int) -> Int { (rows + SplitMatrix.tileRows - 1) / SplitMatrix.tileRows }

    /// Sets the outputs of `w` that are, or may be, among the `count` greatest of a row of `x`, to what `MatrixMultiply`
    /// gives, all others to −infinity.
    ///
    /// - Parameters:
    ///   - count: at most `countMax`.
    ///   - y: [rows of x, rows of w].
    /// - Returns: false where that would save nothing; `y` is of no use then.
    public func run(
        _ w: SplitMatrix, _ x: Activations, greatest count: Int, into y: UnsafeMutablePointer<Float>, team: ThreadTeam
    ) -> Bool {
        precondition(count > 0 && count <= Self.countMax && w.tileCount <= greatest.count)
        guard count < w.rows, w.tileCount > Self.tilesFraction * count else { return false }
        let product = MatrixProduct(.split(w), into: y, rowStride: w.rows)
        MatrixMultiply.run(product, x, team: team, kernels: .selected, chunkRows: nil, screens: true)
        for row in 0..<x.rows {
            guard refine(w, x, row, count, y + row * w.rows, team) else { return false }
        }
        return true
    }

    /// One row of `x`, of which `y` has the approximations.
    private func refine(
        _ w: SplitMatrix, _ x: Activations, _ row: Int, _ count: Int, _ y: UnsafeMutablePointer<Float>,
        _ team: ThreadTeam
    ) -> Bool {
        let view = w.view
        let values = UnsafeMutableBufferPointer(rebasing: values.buffer[..<count])
        let first = GreatestValues(values)
        for tile in 0..<w.tileCount {
            let value = Self.greatest(y, tile, w.rows)
            greatest[tile] = value
            first.take(value)
        }
        // The tiles of the greatest approximations give a value that so many outputs reach.
        var chosen = 0
        let leastFirst = first.least
        for tile in 0..<w.tileCount where !(greatest[tile] < leastFirst) && chosen < 2 * count {
            tiles[chosen] = Int32(tile)
            chosen += 1
        }
        compute(view, x, row, 0..<chosen, y, team)
        let exact = GreatestValues(values)
        for index in 0..<chosen {
            for m in Self.rows(Int(tiles[index]), w.rows) { exact.take(y[m]) }
        }
        let (least, norm) = (exact.least, x.norm(row: row))
        let limit = w.tileCount / Self.tilesFraction
        var (next, end) = (0, chosen)
        for tile in 0..<w.tileCount {
            if next < chosen, tiles[next] == Int32(tile) {
                next += 1
                continue
            }
            if Self.canReach(least, y, tile, w.rows, view.errors, norm) {
                guard end < limit else { return false }
                tiles[end] = Int32(tile)
                end += 1
            } else {
                for m in Self.rows(tile, w.rows) { y[m] = -.infinity }
            }
        }
        compute(view, x, row, chosen..<end, y, team)
        return true
    }

    /// Computes tiles for one row of `x`.
    private func compute(
        _ w: terse_split_matrix, _ x: Activations, _ row: Int, _ range: Range<Int>, _ y: UnsafeMutablePointer<Float>,
        _ team: ThreadTeam
    ) {
        let multiply = MatrixMultiply.Kernels.selected.split!.pointee.multiply!
        let activations = x.view(ofRow: row)
        team.run(chunks: range.count) { chunk, _ in
            let begin = Int64(tiles[range.lowerBound + chunk]) * Int64(SplitMatrix.tileRows)
            let end = min(begin + Int64(SplitMatrix.tileRows), w.rows)
            withUnsafePointer(to: w) { w in
                withUnsafePointer(to: activations) { multiply(w, $0, begin, end, y, w.pointee.rows) }
            }
        }
    }

    private static func rows(_ tile: Int, _ rows: Int) -> Range<Int> {
        tile * SplitMatrix.tileRows..<min((tile + 1) * SplitMatrix.tileRows, rows)
    }

    /// Infinite where a value is not a number: such a tile must be looked at.
    private static func greatest(_ y: UnsafePointer<Float>, _ tile: Int, _ rows: Int) -> Float {
        var value = -Float.infinity
        for m in Self.rows(tile, rows) { value = y[m] < value ? value : y[m].isNaN ? .infinity : y[m] }
        return value
    }

    /// Whether an output of a tile may be `least` or more.
    private static func canReach(
        _ least: Float, _ y: UnsafePointer<Float>, _ tile: Int, _ rows: Int, _ errors: UnsafePointer<Float>,
        _ norm: Float
    ) -> Bool {
        for m in Self.rows(tile, rows) where !(y[m] + errors[m] * norm < least) { return true }
        return false
    }
}

/// The greatest of the values that were taken.
private struct GreatestValues {
    /// In descending order.
    private let values: UnsafeMutableBufferPointer<Float>

    /// None yet, in memory for so many.
    init(_ values: UnsafeMutableBufferPointer<Float>) {
        self.values = values
        values.update(repeating: -.infinity)
    }

    /// The last of them: so many values reach it.
    var least: Float { values[values.count - 1] }

    func take(_ value: Float) {
        guard value > least else { return }
        var index = values.count - 1
        while index > 0, values[index - 1] < value {
            values[index] = values[index - 1]
            index -= 1
        }
        values[index] = value
    }
}
