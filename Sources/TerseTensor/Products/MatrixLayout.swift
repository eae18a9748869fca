import CTerseKernels

/// A layout for the processor that a matrix of a file can be brought into.
public enum MatrixLayout: Sendable {
    /// `PackedMatrix`.
    case packed
    /// `SplitMatrix`.
    case split
    /// `TiledMatrix`.
    case tiled

    /// Names what this processor's layouts are: memory that was written under one name is read under no other.
    /// The last number grows with every change of a layout.
    public static var name: String { namePrefix + "\(String(cString: terse_isa_name(terse_isa_selected())))-3" }
    /// What the names for all processors begin with.
    public static let namePrefix = "terse-"

    /// Whether type and width fit; `write` finds out whether the values do.
    public func canHold(_ tensor: Tensor) -> Bool {
        switch self {
        case .packed: PackedMatrix.canHold(tensor)
        case .split: SplitMatrix.canHold(tensor)
        case .tiled: TiledMatrix.canHold(tensor)
        }
    }

    /// Bytes that a matrix of a tensor's shape takes.
    public func byteCount(_ tensor: Tensor) -> Int {
        switch self {
        case .packed: PackedMatrix.byteCount(rows: tensor.rows, columns: tensor.columns)
        case .split: SplitMatrix.byteCount(rows: tensor.rows, columns: tensor.columns)
        case .tiled: TiledMatrix.byteCount(tensor)
        }
    }

    /// Where those bytes of a matrix of a tensor's shape lie of which screening reads few; nil where products read all.
    public func rarelyRead(_ tensor: Tensor) -> Range<Int>? {
        guard case .split = self else { return nil }
        return SplitMatrix.lowerRange(rows: tensor.rows, columns: tensor.columns)
    }

    /// Writes a matrix that `canHold` accepts to so many bytes, aligned to 64; false where it cannot be laid out after all.
    public func write(_ tensor: Tensor, to memory: UnsafeMutableRawBufferPointer, team: ThreadTeam) -> Bool {
        switch self {
        case .packed: return PackedMatrix.pack(tensor, into: memory, team: team)
        case .split: SplitMatrix.split(tensor, into: memory, team: team)
        case .tiled: TiledMatrix.write(tensor, to: memory, team: team)
        }
        return true
    }

    /// The matrix that was written to these bytes. Any bytes are a matrix.
    public func matrix(_ tensor: Tensor, _ bytes: TensorBytes) -> WeightMatrix {
        switch self {
        case .packed: .packed(PackedMatrix(rows: tensor.rows, columns: tensor.columns, bytes: bytes))
        case .split:
            .split(SplitMatrix(rows: tensor.rows, columns: tensor.columns, scale: tensor.scale, bytes: bytes))
        case .tiled: .tiled(TiledMatrix(like: tensor, bytes: bytes))
        }
    }

    /// The matrix in memory of its own; nil where it cannot be laid out.
    /// - Throws: `TensorError` (`system`) where there is no such memory.
    public func matrix(_ tensor: Tensor, team: ThreadTeam) throws(TensorError) -> WeightMatrix? {
        let memory = try AlignedBuffer<UInt8>(count: byteCount(tensor), hugePages: true)
        guard write(tensor, to: memory.bytes, team: team) else { return nil }
        return matrix(tensor, in: memory)
    }

    /// A matrix of the same size of which nothing was written: it takes no memory while nobody reads it.
    /// - Throws: as `matrix`.
    public func blank(_ tensor: Tensor) throws(TensorError) -> WeightMatrix {
        matrix(tensor, in: try AlignedBuffer<UInt8>(count: byteCount(tensor)))
    }

    private func matrix(_ tensor: Tensor, in memory: AlignedBuffer<UInt8>) -> WeightMatrix {
        matrix(tensor, TensorBytes(pointer: memory.pointer, count: memory.count, owner: memory))
    }
}
