import Foundation

/// Whether matrices are laid out for the processor before they are used: those trained to be ternary, a head in Q6_K, those in
/// types of which the processor takes rows side by side.
///
/// What a model computes does not depend on it, but for models in TQ1_0 and TQ2_0, whose packed products have no rounding
/// between blocks.
public enum Packing: Sendable, Equatable {
    /// They stay as the file has them: no time is spent, as is right where a model runs for a moment.
    case none
    /// Memory for them is set aside, not written: says at once what the model takes. Such a model must not run.
    case foreseen
    /// They are copied into memory of this process.
    case inMemory
    /// They are written once to a file in this directory, whose files take so many bytes at most, and mapped from there
    /// ever after.
    case kept(in: URL, bytesMax: Int = 32 << 30)
}
