/// A weight matrix in one of the layouts that products read.
public enum WeightMatrix: Sendable {
    /// As files have it, row after row.
    case rows(Tensor)
    /// Laid out for the processor: ternary weights.
    case packed(PackedMatrix)
    /// Laid out for the processor: Q6_K in two halves.
    case split(SplitMatrix)
    /// Laid out for the processor: rows side by side.
    case tiled(TiledMatrix)

    /// The inputs.
    public var columns: Int {
        switch self {
        case .rows(let tensor): tensor.columns
        case .packed(let matrix): matrix.columns
        case .split(let matrix): matrix.columns
        case .tiled(let matrix): matrix.columns
        }
    }

    /// The outputs.
    public var rows: Int {
        switch self {
        case .rows(let tensor): tensor.rows
        case .packed(let matrix): matrix.rows
        case .split(let matrix): matrix.rows
        case .tiled(let matrix): matrix.rows
        }
    }

    /// Bytes that a product reads.
    public var byteCount: Int {
        switch self {
        case .rows(let tensor): tensor.rows * tensor.rowBytes
        case .packed(let matrix): matrix.byteCount
        case .split(let matrix): matrix.byteCount
        case .tiled(let matrix): matrix.byteCount
        }
    }

    /// Whether it can be multiplied with activations of `scheme`.
    func accepts(_ scheme: ActivationScheme) -> Bool {
        switch self {
        case .rows(let tensor): tensor.type.accepts(scheme)
        case .packed: scheme == .int8Packed
        case .split: scheme == .int8Blocks256
        case .tiled(let matrix): matrix.type.accepts(scheme)
        }
    }
}
