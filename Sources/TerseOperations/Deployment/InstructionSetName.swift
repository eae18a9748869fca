/// The instruction sets that kernels are written for, as specs name them.
public enum InstructionSetName: String, Sendable, CaseIterable {
    case scalar, avx2, avx512, neon
}
