import TerseTensor

/// The output head and the cross-entropy of its logits, a few rows at a time, so that the logits of all rows, by far the
/// largest activation, never exist together. Forward and backward of a piece run one after the other.
struct LossHead {
    /// Index of the head's matrix, which may be the embedding. [V, C]
    let weight: Int
    /// C
    let columns: Int
    /// V
    let vocabulary: Int
    /// R
    let rowsAtOnce: Int
    /// Logits, then their gradients.  // [R, V]
    let logits: Region

    /// Logits at once: 16 MiB of float32, which stay in a large cache and still make good products.
    private static let logitsMax = 1 << 22
    private static let rowsMin = 64

    init(_ plan: inout ArenaPlan, weight: Int, rows: Int, columns: Int, vocabulary: Int) {
        self.weight = weight
        self.columns = columns
        self.vocabulary = vocabulary
        rowsAtOnce = min(rows, max(Self.rowsMin, Self.logitsMax / vocabulary))
        logits = plan.reserve(rowsAtOnce, vocabulary)
    }

    /// The losses of all rows; with `weights` also their gradients.
    /// - Parameters:
    ///   - losses: in nats; 0 where the target is negative.
    ///   - weights: nil for the forward pass alone.
    func run<Scalar>(
        _ x: Region,  // [B·T, C]
        targets: UnsafePointer<Int32>,  // [B·T]
        losses: UnsafeMutablePointer<Double>,  // [B·T]
        weights: TrainingMath<Scalar>.LossWeights?,
        dx: Region,  // [B·T, C]
        _ work: Workspace<Scalar>
    ) {
        for first in stride(from: 0, to: work.rows, by: rowsAtOnce) {
            let rows = min(rowsAtOnce, work.rows - first)
            forward(x, first: first, rows: rows, work)
            TrainingMath.crossEntropy(
                work.arena[logits], targets: targets + first, rows: rows, vocabulary: vocabulary,
                losses: losses + first, weights: weights, team: work.team)
            if weights != nil { backward(x, dx: dx, first: first, rows: rows, work) }
        }
    }

    /// Logits of `rows` rows from `first`.
    func forward<Scalar>(
        _ x: Region,  // [B·T, C]
        first: Int, rows: Int, _ work: Workspace<Scalar>
    ) {
        work.products.timesTransposed(
            work.arena[x] + first * columns, work.parameters.weight(weight), m: rows, n: vocabulary, k: columns,
            into: work.arena[logits])
    }

    /// Adds to the gradient of the head and writes rows of `dx`.
    private func backward<Scalar>(
        _ x: Region,  // [B·T, C]
        dx: Region,  // [B·T, C]
        first: Int, rows: Int, _ work: Workspace<Scalar>
    ) {
        work.products.transposedTimes(
            work.arena[logits], work.arena[x] + first * columns, m: vocabulary, n: columns, k: rows,
            into: work.parameters.gradient(weight), adding: true)
        work.products.times(
            work.arena[logits], work.parameters.weight(weight), m: rows, n: columns, k: vocabulary,
            into: work.arena[dx] + first * columns)
    }
}
