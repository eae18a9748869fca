/// Whether a model's ternary matrices are laid out for the processor before they are used.
///
/// What a model computes does not depend on it, but for BitNet models in TQ1_0 and TQ2_0, whose packed products have no
/// rounding between blocks.
public enum Packing: Sendable {
    /// They stay as the file has them: no time is spent, as is right where the model does not run for long.
    case none
    /// They are copied into memory of this process.
    case inMemory
}
