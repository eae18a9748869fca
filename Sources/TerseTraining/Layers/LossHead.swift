import TerseTensor

/// The output head and the losses of its logits: cross-entropy, and divergences from a teacher's, a few rows at a time,
/// so that the logits of all rows, by far the largest activation, never exist together. Forward and backward of a piece
/// run one after the other.
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
    /// What a teacher says, then the gradients of the divergences; for models that have one.  // [R, V]
    let taught: Region?

    /// Logits at once: 16 MiB of float32, which stay in a large cache and still make good products.
    static let logitsMax = 1 << 22
    private static let rowsMin = 64

    init(
        _ plan: inout ArenaPlan, weight: Int, rows: Int, columns: Int, vocabulary: Int, learnsFromTeacher: Bool = false
    ) {
        self.weight = weight
        self.columns = columns
        self.vocabulary = vocabulary
        rowsAtOnce = min(rows, max(Self.rowsMin, Self.logitsMax / vocabulary))
        logits = plan.reserve(rowsAtOnce, vocabulary)
        taught = learnsFromTeacher ? plan.reserve(rowsAtOnce, vocabulary) : nil
    }

    /// The losses of all rows; with `weights` also their gradients.
    /// - Parameters:
    ///   - losses: in nats; 0 where the target is negative.
    ///   - weights: nil for the forward pass alone.
    ///   - lesson: of a teacher, whose divergences are then computed and learned from, too.
    ///   - divergences: forward ones of all rows, then reverse ones.
    func run<Scalar>(
        _ x: Region,  // [B·T, C]
        targets: UnsafePointer<Int32>,  // [B·T]
        losses: UnsafeMutablePointer<Double>,  // [B·T]
        weights: TrainingMath<Scalar>.LossWeights?,
        lesson: Lesson<Scalar>? = nil,
        divergences: UnsafeMutablePointer<Double>? = nil,  // [2, B·T]
        dx: Region,  // [B·T, C]
        _ work: Workspace<Scalar>
    ) {
        var hard = weights
        if let lesson, let zLoss = weights?.zLoss {
            let weight = lesson.weights.crossEntropy
            hard?.factor *= weight
            // The factor is on both, the weight on the cross-entropy alone.
            hard?.zLoss = weight > 0 ? zLoss / weight : 0
        }
        for first in stride(from: 0, to: work.rows, by: rowsAtOnce) {
            let rows = min(rowsAtOnce, work.rows - first)
            forward(x, first: first, rows: rows, work)
            let isTaught = diverge(lesson, first: first, rows: rows, factor: weights?.factor, into: divergences, work)
            TrainingMath.crossEntropy(
                work.arena[logits], targets: targets + first, rows: rows, vocabulary: vocabulary,
                losses: losses + first, weights: hard, team: work.team)
            if isTaught, let taught {
                TrainingMath.combine(
                    work.arena[logits], 1, work.arena[taught], 1, count: rows * vocabulary, team: work.team)
            }
            if weights != nil { backward(x, dx: dx, first: first, rows: rows, work) }
        }
    }

    /// Leaves the gradients of the divergences in `taught`, the logits as they are; false when there are none.
    private func diverge<Scalar>(
        _ lesson: Lesson<Scalar>?, first: Int, rows: Int, factor: Double?,
        into divergences: UnsafeMutablePointer<Double>?,
        _ work: Workspace<Scalar>
    ) -> Bool {
        guard let lesson, let fill = lesson.fill, let taught, let factor, let divergences else { return false }
        let (weights, temperature) = (lesson.weights, lesson.weights.temperature)
        fill(first, rows, work.arena[logits], work.arena[taught])
        let square = factor * temperature * temperature
        TrainingMath.divergence(
            work.arena[logits], over: work.arena[taught], rows: rows, columns: vocabulary,
            weights: .init(
                forward: square * weights.forward, reverse: square * weights.reverse, temperature: temperature,
                teacherTemperature: lesson.teacherTemperature),
            forward: divergences + first, reverse: divergences + work.rows + first, team: work.team)
        return true
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
