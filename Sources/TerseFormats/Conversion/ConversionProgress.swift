/// How far a conversion has come.
public struct ConversionProgress: Sendable {
    /// The tensor at work.
    public let tensor: String
    /// Bytes of tensors written.
    public let bytesDone: Int
    /// Bytes of all tensors of the result.
    public let bytesTotal: Int
}
