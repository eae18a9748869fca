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
        public var momentum = 0.95
        /// Whether the gradient is taken as if the step along the momentum were made (Nesterov).
        public var isNesterov = true
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
    /// The greatest norm of all gradients together; nil: any.
    public var clipNorm: Double? = 1

    /// The usual numbers.
    public init() {}

    /// - Throws: `TrainingError` (`invalid`), naming the number.
    public func validate() throws(TrainingError) {
        try Self.check("learning rate", rate, 0...10)
        try Self.check("beta1", beta1, 0...0.999_999)
        try Self.check("beta2", beta2, 0...0.999_999)
        try Self.check("epsilon", epsilon, 1e-30...1)
        try Self.check("weight decay", weightDecay, 0...10)
        if let clipNorm { try Self.check("clip norm", clipNorm, 1e-12...1e12) }
        guard case .muon(let muon) = matrices else { return }
        try Self.check("Muon's learning rate", muon.rate, 0...10)
        try Self.check("Muon's momentum", muon.momentum, 0...0.999_999)
        try Self.check("Muon's weight decay", muon.weightDecay, 0...10)
        try Self.check("Muon's iterations", Double(muon.iterations), 1...20)
    }

    private static func check(_ name: String, _ value: Double, _ range: ClosedRange<Double>) throws(TrainingError) {
        guard range.contains(value) else {
            throw TrainingError(
                .invalid, "optimiser: \(name): expected \(range.lowerBound)…\(range.upperBound), found \(value)")
        }
    }
}
