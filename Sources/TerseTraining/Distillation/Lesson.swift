import TerseTensor

/// What a batch is to learn from a teacher.
struct Lesson<Scalar: TrainingScalar> {
    /// Writes what the teacher says of `rows` rows of the batch from `first`.
    ///
    /// - `student`: [rows, vocabulary], the student's logits, which complete a teacher that names the most probable tokens
    ///   alone.
    /// - `target`: [rows, vocabulary].
    typealias Fill = (
        _ first: Int, _ rows: Int, _ student: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>
    ) -> Void

    let weights: DistillationWeights
    /// By which what `fill` writes is to be divided: the weights' temperature for logits, 1 for log-probabilities that
    /// have it in them.
    let teacherTemperature: Double
    let fill: Fill?
    /// Of the layer whose relations are learned.
    let states: AttentionStates<Scalar>?
}

/// Queries, keys and values of one layer before their rotation, for all rows of a batch.
struct AttentionStates<Scalar: TrainingScalar> {
    /// [B·T, queryWidth]
    let queries: UnsafePointer<Scalar>
    /// [B·T, kvWidth], as `values`.
    let keys: UnsafePointer<Scalar>
    let values: UnsafePointer<Scalar>
    let queryWidth: Int
    let kvWidth: Int
}
