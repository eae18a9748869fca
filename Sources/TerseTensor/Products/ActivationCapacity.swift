import CTerseKernels

/// How much `Activations` hold at most: rows, and columns in each of the two layouts, plain and quantised. A layout that no
/// scheme asked for takes no memory.
public struct ActivationCapacity: Sendable, Equatable {
    public let rows: Int
    /// The most columns of `float32`.
    public private(set) var plainColumns = 0
    /// The most columns of the 8-bit schemes, which share a layout.
    public private(set) var quantizedColumns = 0

    /// Room for `rows` rows of nothing yet.
    public init(rows: Int) { self.rows = rows }

    /// Makes room for rows of `columns` columns in `scheme`.
    public mutating func include(_ scheme: ActivationScheme, columns: Int) {
        if scheme == .float32 {
            plainColumns = max(plainColumns, columns)
        } else {
            quantizedColumns = max(quantizedColumns, columns)
        }
    }

    /// Whether so much fits.
    public func holds(rows: Int, columns: Int, _ scheme: ActivationScheme) -> Bool {
        rows <= self.rows && columns <= (scheme == .float32 ? plainColumns : quantizedColumns)
    }

    /// Bytes that `Activations` of this capacity reserve.
    public var byteCount: Int {
        let row =
            (valueStride + 1) * MemoryLayout<Float>.stride + blockStride * MemoryLayout<terse_activation_block>.stride
        return rows * row
    }

    var valueStride: Int { Self.valueStride(plainColumns) }
    var blockStride: Int { Self.blockStride(quantizedColumns) }

    /// Floats from row to row of `columns` columns: whole sets of lanes.
    static func valueStride(_ columns: Int) -> Int {
        let lanes = Int(TERSE_FLOAT_LANES)
        return (columns + lanes - 1) / lanes * lanes
    }

    /// Blocks from row to row.
    static func blockStride(_ columns: Int) -> Int {
        let block = Int(TERSE_ACTIVATION_COLUMNS)
        return (columns + block - 1) / block
    }
}
