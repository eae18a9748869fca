import TerseModel
import TerseTensor

/// How fast a shape trains on this machine, and how much of its matrix products' speed that uses.
public struct TrainingSpeed: Sendable {
    /// Seconds of each step that was measured: forward, backward, optimiser.
    public let stepSeconds: [Double]
    /// Tokens of a step.
    public let tokensPerStep: Int
    /// Floating-point operations that a step cannot do without, recomputation not counted.
    public let operationsPerStep: Double
    /// What the machine's matrix products reach, in operations a second.
    public let peakOperationsPerSecond: Double
    /// Bytes of weights, gradients, optimiser state and activations.
    public let memoryBytes: Int

    /// The middle one of the steps' times.
    public var medianStepSeconds: Double { stepSeconds.sorted()[stepSeconds.count / 2] }
    public var tokensPerSecond: Double { Double(tokensPerStep) / medianStepSeconds }
    /// Model FLOP utilisation: necessary operations a second as a share of the peak.
    public var utilization: Double { operationsPerStep / medianStepSeconds / peakOperationsPerSecond }

    /// Trains a model of `shape` on random tokens for `steps` steps, after one that is not counted.
    /// - Throws: `TrainingError`, as `TrainableModel` and `Optimizer`.
    public static func measure(
        _ shape: ModelShape, windows: Int, tokensPerWindow: Int, settings: OptimizerSettings, steps: Int,
        recomputing: Bool = false, team: ThreadTeam
    ) throws(TrainingError) -> TrainingSpeed {
        let model = try TrainableModel<Float>(
            shape, windows: windows, tokensPerWindow: tokensPerWindow, recomputing: recomputing, team: team)
        model.parameters.initialize(seed: 1)
        let optimizer = try Optimizer(model.parameters, settings: settings, team: team)
        var random = RandomSource(seed: 2)
        let tokens = (0..<model.rows).map { _ in Int32(random.next() % UInt64(shape.vocabularySize)) }
        let targets = Array(tokens.dropFirst() + [tokens[0]])
        var seconds: [Double] = []
        for step in 0...max(steps, 1) {
            let start = ContinuousClock.now
            model.parameters.clearGradients()
            _ = try model.accumulate(
                tokens: tokens, targets: targets, weights: .init(factor: 1 / Double(model.rows)))
            try optimizer.step()
            if step > 0 { seconds.append((ContinuousClock.now - start).seconds) }
        }
        return TrainingSpeed(
            stepSeconds: seconds, tokensPerStep: model.rows,
            operationsPerStep: shape.trainingOperations(tokensPerWindow: tokensPerWindow) * Double(model.rows),
            peakOperationsPerSecond: try peak(team: team), 
            memoryBytes: model.parameters.byteCount + optimizer.byteCount + model.activationBytes)
    }

    private static let peakSide = 1536
    private static let peakRepeats = 5

    /// The best of a few products of square matrices, in operations a second.
    static func peak(team: ThreadTeam) throws(TrainingError) -> Double {
        let products = try MatrixProducts<Float>(team: team)
        let side = peakSide
        var plan = ArenaPlan()
        let (a, b, c) = (plan.reserve(side, side), plan.reserve(side, side), plan.reserve(side, side))
        let arena = try Arena<Float>(plan)
        for index in 0..<side * side {
            arena[a][index] = Float(index % 7)
            arena[b][index] = Float(index % 5)
        }
        var best = Double.infinity
        for _ in 0..<peakRepeats {
            let start = ContinuousClock.now
            products.times(arena[a], arena[b], m: side, n: side, k: side, into: arena[c])
            best = min(best, (ContinuousClock.now - start).seconds)
        }
        return 2 * Double(side * side * side) / best
    }
}

extension ModelShape {
    /// Floating-point operations that forward and backward pass need for one token in a window of this length: six for
    /// each weight of a projection or the head, and attention's products, half of which causality saves.
    public func trainingOperations(tokensPerWindow: Int) -> Double {
        let projections = layerCount * (2 * hiddenSize * (querySize + kvSize) + 3 * hiddenSize * feedForwardSize)
        let products = 6 * Double(projections + hiddenSize * vocabularySize)
        return products + 6 * Double(layerCount * querySize) * Double(tokensPerWindow)
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + 1e-18 * Double(components.attoseconds) }
}
