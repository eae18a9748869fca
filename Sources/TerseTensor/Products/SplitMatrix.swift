import CTerseKernels

/// A Q6_K matrix split by bits as `terse_split.h` says: half of it tells every output within a bound.
///
/// It takes activations in `int8Blocks256`. Its products are those of the matrix as files have it, bit for bit.
public struct SplitMatrix: Sendable {
    public let rows: Int
    public let columns: Int
    let scale: Float
    /// Upper halves of all tiles, lower halves, errors of the rows.
    private let bytes: TensorBytes

    /// Bytes in memory.
    public var byteCount: Int { bytes.count }
    /// Bytes for each row.
    var rowBytes: Int { columns / Self.unit * (Self.upperBytes + Self.lowerBytes) / Self.tileRows }
    /// Bytes of all upper halves and of the rows' errors.
    var upperByteCount: Int {
        tileCount * (columns / Self.unit * Self.upperBytes + Self.tileRows * MemoryLayout<Float>.stride)
    }
    var tileCount: Int { Self.tiles(rows: rows) }

    static let tileRows = Int(TERSE_SPLIT_ROWS)

    /// A matrix of this shape that `split` wrote to `bytes` in an earlier run, perhaps.
    /// - Precondition: there are `byteCount(rows:columns:)` bytes, aligned to 64. Any bytes are a matrix.
    init(rows: Int, columns: Int, scale: Float, bytes: TensorBytes) {
        precondition(bytes.count == Self.byteCount(rows: rows, columns: columns))
        (self.rows, self.columns, self.scale, self.bytes) = (rows, columns, scale, bytes)
    }

    /// Whether it is a matrix that can be split, and this processor has kernels for that.
    static func canHold(_ tensor: Tensor) -> Bool {
        tensor.type == .q6K && MatrixMultiply.Kernels.selected.split != nil
    }

    /// Splits a matrix into memory of `byteCount(rows:columns:)` bytes, aligned to 64.
    static func split(_ tensor: Tensor, into memory: UnsafeMutableRawBufferPointer, team: ThreadTeam) {
        let (rows, units) = (tensor.rows, tensor.columns / unit)
        let parts = parts(memory.baseAddress!, rows: rows, columns: tensor.columns)
        let matrix = terse_matrix(tensor)
        team.run(chunks: tiles(rows: rows)) { tile, _ in
            let (begin, end) = (tile * tileRows, min((tile + 1) * tileRows, rows))
            withUnsafePointer(to: matrix) { matrix in
                terse_split_pack(
                    matrix, Int64(begin), Int64(end), parts.upper + tile * units, parts.lower + tile * units,
                    parts.errors + begin)
            }
        }
    }

    /// Row `row`, [columns], as `VectorMath.dequantize` gives it for the tensor.
    func dequantize(row: Int, into x: UnsafeMutablePointer<Float>) {
        precondition(row >= 0 && row < rows, "row \(row) of a matrix of \(rows)")
        withUnsafePointer(to: view) { terse_split_dequantize($0, Int64(row), x) }
    }

    /// The matrix as the kernels see it, while `self` lives.
    var view: terse_split_matrix {
        let parts = Self.parts(UnsafeMutableRawPointer(mutating: bytes.pointer), rows: rows, columns: columns)
        return terse_split_matrix(
            rows: Int64(rows), columns: Int64(columns), upper: parts.upper, lower: parts.lower, errors: parts.errors,
            scale: scale)
    }

    /// Bytes of a matrix of this shape.
    static func byteCount(rows: Int, columns: Int) -> Int {
        tiles(rows: rows)
            * (columns / unit * (upperBytes + lowerBytes) + tileRows * MemoryLayout<Float>.stride)
    }

    /// Where all lower halves lie, of which screening reads a few.
    static func lowerRange(rows: Int, columns: Int) -> Range<Int> {
        let units = tiles(rows: rows) * (columns / unit)
        return units * upperBytes..<units * (upperBytes + lowerBytes)
    }

    private static func parts(
        _ memory: UnsafeMutableRawPointer, rows: Int, columns: Int
    ) -> (
        upper: UnsafeMutablePointer<terse_split_upper>, lower: UnsafeMutablePointer<terse_split_lower>,
        errors: UnsafeMutablePointer<Float>
    ) {
        let lower = lowerRange(rows: rows, columns: columns)
        return (
            memory.assumingMemoryBound(to: terse_split_upper.self),
            (memory + lower.lowerBound).assumingMemoryBound(to: terse_split_lower.self),
            (memory + lower.upperBound).assumingMemoryBound(to: Float.self)
        )
    }

    private static func tiles(rows: Int) -> Int { rows.pieces(of: tileRows) }

    private static let unit = Int(TERSE_ACTIVATION_COLUMNS)
    private static let upperBytes = MemoryLayout<terse_split_upper>.size
    private static let lowerBytes = MemoryLayout<terse_split_lower>.size
}
