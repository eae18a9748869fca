/// How the inputs of a matrix product are represented.
public enum ActivationScheme: Sendable, Equatable, CaseIterable {
    /// As they are.
    case float32
    /// 8-bit integers −127…127 with a float32 scale, absmax / 127, for each 32 columns.
    case int8Blocks32
    /// The same for each 256 columns.
    case int8Blocks256
    /// The same for a whole row, as BitNet b1.58 was trained (arXiv:2402.17764): absmax held to at least 1e-5.
    case int8Row
    /// The same, laid out for a `PackedMatrix`.
    case int8Packed
}

extension ElementType {
    /// The scheme that products with weights of this type take. Ternary types take both `int8Blocks256` and `int8Row`.
    public var activationScheme: ActivationScheme {
        switch self {
        case .f32, .f16, .bf16, .i8, .i16, .i32, .i64, .f64: .float32
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: .int8Blocks32
        case .q4K, .q5K, .q6K, .tq1_0, .tq2_0: .int8Blocks256
        case .i2S: .int8Row
        }
    }

    /// Whether weights of this type can be multiplied with activations of `scheme`.
    public func accepts(_ scheme: ActivationScheme) -> Bool {
        guard isWeightType else { return false }
        return scheme == activationScheme || isTernary && (scheme == .int8Blocks256 || scheme == .int8Row)
    }
}
