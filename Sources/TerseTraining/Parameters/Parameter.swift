/// One learnt tensor: its name in GGUF, its shape, and where it lies among all of them.
struct Parameter: Sendable, Equatable {
    /// What a tensor does, which decides how it is initialised, optimised and quantised.
    enum Role: Sendable, Equatable {
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
    let name: String
    let role: Role
    /// Outputs; 1 for a norm.
    let rows: Int
    /// Inputs: the contiguous dimension.
    let columns: Int
    /// Elements from the start of the parameters' memory.
    let offset: Int

    /// The number of elements.
    var count: Int { rows * columns }
    /// Extents, contiguous dimension first, as GGUF has them.
    var shape: [Int] { role == .norm ? [columns] : [columns, rows] }
    /// Where its elements lie.
    var range: Range<Int> { offset..<offset + count }
}
