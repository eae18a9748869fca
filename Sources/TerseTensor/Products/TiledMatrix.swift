import CTerseKernels

/// A matrix in a block type, laid out for the processor's kernels as `terse_tiled.h` says: sixteen rows side by side.
///
/// It takes activations as its type does. Its products are those of the matrix as files have it, bit for bit.
public struct TiledMatrix: Sendable {
    public let rows: Int
    public let columns: Int
    public let type: ElementType
    /// Bytes of each row.
    let rowBytes: Int
    let scale: Float
    /// Tiles.
    private let bytes: TensorBytes

    /// Bytes in memory.
    public var byteCount: Int { bytes.count }

    /// What `write` made of a tensor like this in an earlier run, perhaps.
    /// - Precondition: there are `byteCount(tensor)` bytes, aligned to 64. Any bytes are a matrix.
    init(like tensor: Tensor, bytes: TensorBytes) {
        precondition(bytes.count == Self.byteCount(tensor))
        (rows, columns, type) = (tensor.rows, tensor.columns, tensor.type)
        (rowBytes, scale, self.bytes) = (Self.rowBytes(tensor), tensor.scale, bytes)
    }

    /// Whether this processor has kernels for tiles of the tensor's type.
    static func canHold(_ tensor: Tensor) -> Bool { MatrixMultiply.Kernels.selected.tiled(tensor.type) != nil }

    /// Lays a tensor that `canHold` accepts out in memory of `byteCount(tensor)` bytes, aligned to 64.
    static func write(_ tensor: Tensor, to memory: UnsafeMutableRawBufferPointer, team: ThreadTeam) {
        let tiles = memory.baseAddress!.assumingMemoryBound(to: UInt8.self)
        let (matrix, rowBytes) = (terse_matrix(tensor), rowBytes(tensor))
        team.run(chunks: tileCount(tensor)) { tile, _ in
            let (begin, end) = (tile * tileRows, min((tile + 1) * tileRows, tensor.rows))
            withUnsafePointer(to: matrix) {
                terse_tiled_pack($0, Int64(begin), Int64(end), tiles + begin * rowBytes)
            }
        }
    }

    /// Row `row`, [columns], as `VectorMath.dequantize` gives it for the tensor.
    func dequantize(row: Int, into x: UnsafeMutablePointer<Float>) {
        precondition(row >= 0 && row < rows, "row \(row) of a matrix of \(rows)")
        withUnsafePointer(to: view) { terse_tiled_dequantize($0, Int64(row), x) }
    }

    /// The matrix as the kernels see it, while `self` lives.
    var view: terse_matrix {
        terse_matrix(
            type: terse_type(rawValue: type.rawValue), rows: Int64(rows), columns: Int64(columns), data: bytes.pointer,
            row_bytes: rowBytes, scale: scale)
    }

    /// Bytes of a matrix of a tensor's shape and type.
    static func byteCount(_ tensor: Tensor) -> Int { tileCount(tensor) * tileRows * rowBytes(tensor) }

    private static func rowBytes(_ tensor: Tensor) -> Int {
        terse_tiled_row_bytes(terse_type(rawValue: tensor.type.rawValue), Int64(tensor.columns))
    }

    private static func tileCount(_ tensor: Tensor) -> Int { tensor.rows.pieces(of: tileRows) }

    private static let tileRows = Int(TERSE_TILED_ROWS)
}
