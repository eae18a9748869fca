/// The function of a gated feed-forward layer. Raw values are what files call it.
public enum GateActivation: String, Sendable {
    /// x · σ(x)
    case silu
    /// max(x, 0)², as BitNet b1.58 2B-4T uses.
    case squaredReLU = "relu2"
}
