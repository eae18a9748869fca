/// One learnt tensor: its name in GGUF, its shape, and where it lies among all of them.
public struct Parameter: Sendable, Equatable {
    /// What a tensor does, which decides how it is initialised, optimised and quantised.
    public enum Role: Sendable, Equatable {
        /// One row for each token; the output head too where it is tied.
        case embedding
        /// Weights of a linear layer: made ternary where the model is.
        case projection
        /// The output head of its own.
        case head
        /// Factors after a norm.
        case norm
    }

    /// As in GGUF: `blk.0.attn_q.weight`.
    public let name: String
    public let role: Role
    /// Outputs; 1 for a norm.
    public let rows: Int
    /// Inputs: the contiguous dimension.
    public let columns: Int
    /// Elements from the start of the parameters' memory.
    public let offset: Int

    /// The number of elements.
    public var count: Int { rows * columns }
    /// Extents, contiguous dimension first, as GGUF has them.
    public var shape: [Int] { role == .norm ? [columns] : [columns, rows] }
    /// Where its elements lie.
    public var range: Range<Int> { offset..<offset + count }
}
