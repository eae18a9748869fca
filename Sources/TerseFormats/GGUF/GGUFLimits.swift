/// The largest counts and lengths that a GGUF file may have here.
public enum GGUFLimits {
    /// Metadata keys of a file.
    public static let metadataKeysMax = 65_536
    /// Tensors of a file.
    public static let tensorsMax = 65_536
    /// The specification's own limit on a key.
    public static let keyBytesMax = 65_535
    /// ggml stores names in 64 bytes with a terminator.
    public static let tensorNameBytesMax = 63
    /// One metadata string: the longest in use are chat templates and tokenizer.json documents.
    public static let stringBytesMax = 1 << 30
    /// Elements of one metadata array.
    public static let arrayElementsMax = 1 << 28
    /// Arrays inside one another.
    public static let arrayDepthMax = 4
    /// Dimensions of a tensor, as in ggml.
    public static let dimensionsMax = 4
    /// Bytes that tensor data may be aligned to.
    public static let alignmentMax = 1 << 20
    /// Files of one model: what `split.count`'s 16 bits can say.
    public static let shardsMax = 65_535
}
