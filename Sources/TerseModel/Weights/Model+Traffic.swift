/// What of the weights passes through the processor.
extension Model {
    /// Bytes of weights that a forward pass with its head reads, whatever the batch: all but an embedding that is only
    /// looked up.
    public var passBytes: Int {
        let isEmbeddingTheHead = if case .rows = output.weights { hasTiedOutput } else { false }
        return weightBytes - (isEmbeddingTheHead ? 0 : embedding.rows * embedding.rowBytes)
    }

    /// Bytes of the output head.
    public var headBytes: Int { output.weights.byteCount }
}
