/// What of the weights passes through the processor.
extension Model {
    /// Bytes of weights that a forward pass with its head reads, whatever the batch: all but an embedding that is only
    /// looked up.
    public var passBytes: Int {
        weightBytes - (hasTiedOutput ? 0 : embedding.byteCount)
    }

    /// Bytes of the output head.
    public var headBytes: Int { output.weights.byteCount }
}
