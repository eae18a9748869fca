import TerseTensor

/// Who a student learns from: a model that is asked, or what it said before.
protocol Teacher: AnyObject {
    /// Readies what is said of a batch.
    /// - Parameters:
    ///   - tokens: [B·T]
    ///   - starts: Where its windows begin in the stream that is learned from.
    /// - Throws: `TrainingError`.
    func study(tokens: [Int32], starts: [Int]) throws(TrainingError)

    /// Of the batch that was studied last; valid until the next.
    func lesson(_ weights: DistillationWeights) -> Lesson<Float>

    /// Bytes of weights and buffers.
    var byteCount: Int { get }
}
