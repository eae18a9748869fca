import CTerseKernels

/// Finds the greatest outputs of a product by its upper half, and computes those alone.
public final class Screening {
    /// The greatest approximation of each tile.
    private let greatest: AlignedBuffer<Float>
    /// Tiles to compute.
    private let tiles: AlignedBuffer<Int32>
    private let values: AlignedBuffer<Float>
    /// Bytes of a tile of the matrix of the last run.
    private var tileBytes = 0
    /// Bytes of the matrix that the last run read.
    public private(set) var bytesRead = 0

    /// More of the greatest outputs are not looked for.
    public static let countMax = 64
    /// Screening more rows of activations at once saves nothing on this processor.
    public static let rowsMax = Int(MatrixMultiply.Kernels.selected.split?.pointee.screen_rows_max ?? 0)
    /// Up to one tile in so many is worth computing by itself.
    private static let tilesDivisor = 4
    /// So many times the tiles that are needed are taken at first, where approximations are equal.
    private static let equalsMax = 2

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

    private static func tileCount(_ rows: Int) -> Int { rows.pieces(of: SplitMatrix.tileRows) }

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
        bytesRead = 0
        guard count < w.rows, w.tileCount > Self.tilesDivisor * count else { return false }
        bytesRead = w.upperByteCount
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
        tileBytes = w.rowBytes * SplitMatrix.tileRows
        let (view, tileCount, greatest, tiles) = (w.view, w.tileCount, greatest.pointer, tiles.pointer)
        let values = UnsafeMutableBufferPointer(rebasing: values.buffer[..<count])
        Self.forEachTile(tileCount, team) { greatest[$0] = Tile($0, of: w.rows).greatest(y) }
        let first = GreatestValues(values)
        for tile in 0..<tileCount { first.take(greatest[tile]) }
        // The tiles of the greatest approximations give a value that so many outputs reach.
        let least = first.least
        var chosen = 0
        for tile in 0..<tileCount where !(greatest[tile] < least) && chosen < Self.equalsMax * count {
            tiles[chosen] = Int32(tile)
            chosen += 1
        }
        compute(view, x, row, 0..<chosen, y, team)
        let exact = GreatestValues(values)
        for index in 0..<chosen {
            for m in Tile(Int(tiles[index]), of: w.rows).range { exact.take(y[m]) }
            greatest[Int(tiles[index])] = -.infinity
        }
        let (reached, norm) = (exact.least, x.norm(row: row))
        guard min(norm, norm * abs(w.scale)) > Self.normMin else { return false }
        Self.forEachTile(tileCount, team) { tile in
            // Of a tile that was computed or cannot reach so far nothing is wanted any more.
            guard greatest[tile] > -.infinity else { return }
            greatest[tile] = Tile(tile, of: w.rows).close(y, unlessReaching: reached, view.errors, norm)
        }
        let limit = tileCount / Self.tilesDivisor
        var end = chosen
        for tile in 0..<tileCount where greatest[tile] > -.infinity {
            guard end < limit else { return false }
            tiles[end] = Int32(tile)
            end += 1
        }
        compute(view, x, row, chosen..<end, y, team)
        return true
    }

    @inline(__always)
    private static func forEachTile(_ count: Int, _ team: ThreadTeam, _ body: (Int) -> Void) {
        team.run(chunks: count.pieces(of: chunkTiles)) { chunk, _ in
            for tile in chunk * chunkTiles..<min((chunk + 1) * chunkTiles, count) { body(tile) }
        }
    }

    /// Of a row of x, with and without the matrix's scale: below, products of scales and the bounds themselves lose
    /// precision, of which the bounds know nothing.
    private static let normMin: Float = 0x1p-60

    /// Tiles that a thread looks at before it takes others.
    private static let chunkTiles = 512

    /// Computes tiles for one row of `x`.
    private func compute(
        _ w: terse_split_matrix, _ x: Activations, _ row: Int, _ range: Range<Int>, _ y: UnsafeMutablePointer<Float>,
        _ team: ThreadTeam
    ) {
        let multiply = MatrixMultiply.Kernels.selected.split!.pointee.multiply!
        let activations = x.view(ofRow: row)
        bytesRead += range.count * tileBytes
        team.run(chunks: range.count) { chunk, _ in
            let begin = Int64(tiles[range.lowerBound + chunk]) * Int64(SplitMatrix.tileRows)
            let end = min(begin + Int64(SplitMatrix.tileRows), w.rows)
            withUnsafePointer(to: w) { w in
                withUnsafePointer(to: activations) { multiply(w, $0, begin, end, y, w.pointee.rows) }
            }
        }
    }
}

/// Outputs of one tile.
private struct Tile {
    let range: Range<Int>

    init(_ index: Int, of rows: Int) {
        range = index * SplitMatrix.tileRows..<min((index + 1) * SplitMatrix.tileRows, rows)
    }

    private typealias Values = SIMD16<Float>

    /// A whole tile's values; nil for the last one where it is not whole.
    private func values(_ y: UnsafePointer<Float>) -> Values? {
        guard range.count == Values.scalarCount else { return nil }
        return UnsafeRawPointer(y + range.lowerBound).loadUnaligned(as: Values.self)
    }

    /// Infinite where a value is not a number, or none is more than −infinity: such a tile must be looked at.
    func greatest(_ y: UnsafePointer<Float>) -> Float {
        let greatest =
            if let values = values(y), values == values {
                values.max()
            } else {
                range.reduce(-.infinity) { y[$1].isNaN ? .infinity : max($0, y[$1]) }
            }
        return greatest > -.infinity ? greatest : .infinity
    }

    /// Whether an output may be `least` or more: infinity; else sets all to −infinity, and is that.
    func close(
        _ y: UnsafeMutablePointer<Float>, unlessReaching least: Float, _ errors: UnsafePointer<Float>, _ norm: Float
    ) -> Float {
        // Whatever is not a number reaches everything.
        if let values = values(y), let errors = self.values(errors) {
            guard all(values + errors * norm .< least) else { return .infinity }
            UnsafeMutableRawPointer(y + range.lowerBound).storeBytes(
                of: Values(repeating: -.infinity), as: Values.self)
        } else {
            guard range.allSatisfy({ y[$0] + errors[$0] * norm < least }) else { return .infinity }
            for m in range { y[m] = -.infinity }
        }
        return -.infinity
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
