import TerseTensor

/// x = E[token]: the row of each token.
struct Embedding {
    /// Index of E. [V, C]
    let weight: Int
    /// C
    let columns: Int

    func forward<Scalar>(
        _ tokens: UnsafePointer<Int32>,  // [B·T]
        into x: Region,  // [B·T, C]
        _ work: Workspace<Scalar>
    ) {
        TrainingMath.embed(
            work.parameters.weight(weight), tokens: tokens, rows: work.rows, columns: columns, into: work.arena[x],
            team: work.team)
    }

    /// Adds to the gradient of E.
    func backward<Scalar>(
        _ tokens: UnsafePointer<Int32>,  // [B·T]
        dx: Region,  // [B·T, C]
        _ work: Workspace<Scalar>
    ) {
        TrainingMath.embedGradient(
            dy: work.arena[dx], tokens: tokens, rows: work.rows, columns: columns,
            addingTo: work.parameters.gradient(weight), team: work.team)
    }
}
