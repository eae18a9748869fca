/// How weights follow their gradients.
public struct OptimizerSettings: Sendable, Equatable {
    /// What moves the weights of linear layers.
    public enum MatrixRule: Sendable, Equatable {
        /// AdamW, as everything else.
        case adamW
        /// Momentum, made orthogonal by Newton and Schulz's iteration.
        case muon(MuonSettings)
    }

    /// Muon's numbers (K. Jordan et al., 2024).
    public struct MuonSettings: Sendable, Equatable {
        /// The peak learning rate. The step of a matrix with c columns has root mean square about rate / √c.
        public var rate = 0.02
        /// Nesterov's: the gradient is taken as if the step along the momentum were made.
        public var momentum = 0.95
        /// Iterations of Newton and Schulz.
        public var iterations = 5
        public var weightDecay = 0.0

        /// The usual numbers.
        public init() {}
    }

    public var matrices = MatrixRule.muon(MuonSettings())
    /// The peak learning rate of AdamW.
    public var rate = 1e-3
    public var beta1 = 0.9
    public var beta2 = 0.95
    public var epsilon = 1e-8
    /// Decoupled weight decay of matrices under AdamW; norms and embeddings are not decayed.
    public var weightDecay = 0.1
    /// The greatest norm of all gradients together.
    public var clipNorm = 1.0

    /// The usual numbers.
    public init() {}
}
