import CTerseKernels
import Synchronization

/// A ternary matrix with one scale for each row, laid out for the processor's kernels as `terse_packed.h` says: sixteen rows
/// side by side, 1.6 or 2 bits a weight.
///
/// It takes activations in `int8Packed`. Its products are exact sums, scaled once.
public struct PackedMatrix: Sendable {
    public let rows: Int
    public let columns: Int
    /// Trits in a byte.
    let fields: Int
    /// Tiles, then the scales of their rows.
    private let bytes: TensorBytes

    /// Bytes in memory.
    public var byteCount: Int { bytes.count }
    /// Bytes of tiles for each row.
    var rowBytes: Int { Self.tileBytes(columns: columns, fields: fields) / Self.tileRows }

    /// A matrix of this shape that `pack` wrote to `bytes` in an earlier run of this processor, perhaps.
    /// - Precondition: there are `byteCount(rows:columns:)` bytes, aligned to 64. Any bytes are a matrix.
    init(rows: Int, columns: Int, bytes: TensorBytes) {
        self.init(rows: rows, columns: columns, fields: Self.fields, bytes: bytes)
    }

    /// Packs a matrix into memory of its own; nil where it is none of trits with one scale for each row.
    init?(_ tensor: Tensor, team: ThreadTeam, kernels: MatrixMultiply.Kernels = .selected) {
        guard Self.canHold(tensor) else { return nil }
        let fields = Int(kernels.packed.pointee.fields)
        var isPacked = false
        let count = Self.byteCount(rows: tensor.rows, columns: tensor.columns, fields: fields)
        let bytes = TensorBytes(count: count) { isPacked = Self.pack(tensor, fields: fields, into: $0, team: team) }
        guard isPacked else { return nil }
        self.init(rows: tensor.rows, columns: tensor.columns, fields: fields, bytes: bytes)
    }

    private init(rows: Int, columns: Int, fields: Int, bytes: TensorBytes) {
        precondition(bytes.count == Self.byteCount(rows: rows, columns: columns, fields: fields))
        (self.rows, self.columns, self.fields, self.bytes) = (rows, columns, fields, bytes)
    }

    /// Whether it is a ternary matrix that is not too wide.
    static func canHold(_ tensor: Tensor) -> Bool {
        tensor.type.isTernary && tensor.columns <= Int(TERSE_PACKED_COLUMNS_MAX)
    }

    /// Packs a matrix that `canHold` accepts into memory of `byteCount(rows:columns:)` bytes, aligned to 64; false where it
    /// is none of trits with one scale for each row.
    static func pack(_ tensor: Tensor, into memory: UnsafeMutableRawBufferPointer, team: ThreadTeam) -> Bool {
        pack(tensor, fields: fields, into: memory, team: team)
    }

    private static func pack(
        _ tensor: Tensor, fields: Int, into memory: UnsafeMutableRawBufferPointer, team: ThreadTeam
    ) -> Bool {
        let (rows, tiles) = (tensor.rows, tiles(rows: tensor.rows))
        let tileBytes = tileBytes(columns: tensor.columns, fields: fields)
        let (data, scales) = parts(memory.baseAddress!, tiles * tileBytes)
        let matrix = terse_matrix(tensor)
        let isPacked = Atomic(true)
        team.run(chunks: tiles) { tile, _ in
            let (begin, end) = (tile * tileRows, min((tile + 1) * tileRows, rows))
            let wasPacked = withUnsafePointer(to: matrix) { matrix in
                terse_packed_pack(
                    matrix, Int32(fields), Int64(begin), Int64(end), data + tile * tileBytes, scales + begin)
            }
            if !wasPacked { isPacked.store(false, ordering: .relaxed) }
        }
        return isPacked.load(ordering: .relaxed)
    }

    /// The matrix as the kernels see it, while `self` lives.
    var view: terse_packed_matrix {
        let tiles = Self.tiles(rows: rows) * Self.tileBytes(columns: columns, fields: fields)
        let (data, scales) = Self.parts(UnsafeMutableRawPointer(mutating: bytes.pointer), tiles)
        return terse_packed_matrix(
            rows: Int64(rows), columns: Int64(columns), fields: Int32(fields), data: data, scales: scales)
    }

    private static func parts(
        _ memory: UnsafeMutableRawPointer, _ tiles: Int
    ) -> (data: UnsafeMutablePointer<UInt8>, scales: UnsafeMutablePointer<Float>) {
        (memory.assumingMemoryBound(to: UInt8.self), (memory + tiles).assumingMemoryBound(to: Float.self))
    }

    /// Bytes of a matrix of this shape.
    static func byteCount(rows: Int, columns: Int) -> Int {
        byteCount(rows: rows, columns: columns, fields: fields)
    }

    private static var fields: Int { Int(MatrixMultiply.Kernels.selected.packed.pointee.fields) }

    private static func byteCount(rows: Int, columns: Int, fields: Int) -> Int {
        tiles(rows: rows) * (tileBytes(columns: columns, fields: fields) + tileRows * MemoryLayout<Float>.stride)
    }

    private static func tileBytes(columns: Int, fields: Int) -> Int {
        Int(terse_packed_vectors(Int64(columns), Int32(fields))) * Int(TERSE_PACKED_VECTOR)
    }

    private static func tiles(rows: Int) -> Int { rows.pieces(of: tileRows) }

    private static let tileRows = Int(TERSE_PACKED_ROWS)
}

extension terse_matrix {
    /// A matrix as the kernels see it, while the tensor lives.
    init(_ tensor: Tensor) {
        self.init(
            type: terse_type(rawValue: tensor.type.rawValue), rows: Int64(tensor.rows), columns: Int64(tensor.columns),
            data: tensor.bytes.pointer, row_bytes: tensor.rowBytes, scale: tensor.scale)
    }
}
