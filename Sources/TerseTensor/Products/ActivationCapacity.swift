import CTerseKernels

/// How much `Activations` hold at most: rows, and columns in each of the three layouts. A layout that no scheme asked for
/// takes no memory.
public struct ActivationCapacity: Sendable, Equatable {
    public let rows: Int
    /// The most columns of `float32`.
    public private(set) var plainColumns = 0
    /// The most columns of the 8-bit schemes in blocks, which share a layout.
    public private(set) var quantizedColumns = 0
    /// The most columns of `int8Packed`.
    public private(set) var packedColumns = 0

    /// Room for `rows` rows of nothing yet.
    public init(rows: Int) { self.rows = rows }

    /// Makes room for rows of `columns` columns in `scheme`.
    public mutating func include(_ scheme: ActivationScheme, columns: Int) {
        switch scheme {
        case .float32: plainColumns = max(plainColumns, columns)
        case .int8Blocks32, .int8Blocks256, .int8Row: quantizedColumns = max(quantizedColumns, columns)
        case .int8Packed: packedColumns = max(packedColumns, columns)
        }
    }

    /// Whether so much fits.
    public func holds(rows: Int, columns: Int, _ scheme: ActivationScheme) -> Bool {
        guard rows <= self.rows else { return false }
        return switch scheme {
        case .float32: columns <= plainColumns
        case .int8Blocks32, .int8Blocks256, .int8Row: columns <= quantizedColumns
        case .int8Packed: columns <= packedColumns
        }
    }

    /// Bytes that `Activations` of this capacity reserve.
    public var byteCount: Int {
        let row =
            (valueStride + 1) * MemoryLayout<Float>.stride + blockStride * MemoryLayout<terse_activation_block>.stride
            + packedStride + MemoryLayout<Int32>.stride
        return rows * row
    }

    var valueStride: Int { Self.valueStride(plainColumns) }
    var blockStride: Int { Self.blockStride(quantizedColumns) }
    var packedStride: Int { Self.packedStride(packedColumns) }

    /// Floats from row to row of `columns` columns: whole sets of lanes.
    static func valueStride(_ columns: Int) -> Int {
        let lanes = Int(TERSE_FLOAT_LANES)
        return columns.roundedUp(to: lanes)
    }

    /// Bytes of a row of `columns` columns in `int8Packed`: whole vectors of every layout.
    static func packedStride(_ columns: Int) -> Int {
        columns.roundedUp(to: packedMultiple)
    }

    /// Four columns for each of four or five trits in a byte.
    private static let packedMultiple = 80

    /// Blocks from row to row.
    static func blockStride(_ columns: Int) -> Int {
        let block = Int(TERSE_ACTIVATION_COLUMNS)
        return columns.pieces(of: block)
    }
}
