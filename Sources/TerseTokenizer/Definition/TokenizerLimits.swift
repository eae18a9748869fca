/// The largest sizes a tokenizer's definition may have. Real vocabularies stay an order of magnitude below.
public enum TokenizerLimits {
    /// Tokens in a vocabulary.
    public static let tokensMax = 4_194_304
    /// Merge rules.
    public static let mergesMax = 8_388_608
    /// Bytes of one token's text.
    public static let tokenBytesMax = 65_536
    /// Bytes of all tokens' texts together, and of all sides of merge rules together.
    public static let textBytesMax = 1 << 30
    /// Normalisation steps and pre-tokenisation steps, nested sequences flattened.
    public static let stepsMax = 64
    /// Bytes of a precompiled character map.
    public static let charsmapBytesMax = 64 << 20
    /// Bytes of one replacement that normalisation writes.
    public static let replacementBytesMax = 4_096
    /// How many times longer normalisation and pre-tokenisation may make a text. The longest chain of published models,
    /// ALBERT's, could reach 2,904.
    public static let growthMax = 4_096
    /// Tokens that a template puts before or after a text.
    public static let templateTokensMax = 64
}
