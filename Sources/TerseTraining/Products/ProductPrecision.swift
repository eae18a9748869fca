/// What the factors of float32 products are rounded to before they are multiplied; sums are float32 always.
public enum ProductPrecision: String, Sendable, CaseIterable {
    case float32
    /// Twice as fast where the processor is fast at products of pairs of bfloat16 numbers, no faster elsewhere.
    case bfloat16
}
