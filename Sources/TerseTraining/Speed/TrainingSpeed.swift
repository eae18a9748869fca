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
    /// Of the products that are not of whole numbers.
    public let precision: ProductPrecision
    /// What the machine's matrix products of that precision reach, in operations a second.
    public let peakOperationsPerSecond: Double
    /// Bytes of weights, gradients, optimiser state and activations.
    public let memoryBytes: Int
    /// Weights that are learned.
    public let weightCount: Int

    /// The middle one of the steps' times.
    public var medianStepSeconds: Double { stepSeconds.sorted()[stepSeconds.count / 2] }
    /// Tokens learned from in a second, by the median step.
    public var tokensPerSecond: Double { Double(tokensPerStep) / medianStepSeconds }
    /// Model FLOP utilisation: necessary operations a second as a share of the peak.
    public var utilization: Double { operationsPerStep / medianStepSeconds / peakOperationsPerSecond }

    /// Takes `steps` steps of a recipe on random tokens, after one that is not counted. Its texts are not read.
    /// - Parameter progress: Is told the steps taken and all of them; false stops.
    /// - Returns: Nil when `progress` stopped it.
    /// - Throws: `TrainingError`: what is wrong with the recipe or its tokenizer, no memory, no OpenBLAS.
    public static func measure(
        _ recipe: TrainingRecipe, steps: Int, team: ThreadTeam, progress: (Int, Int) -> Bool = { _, _ in true }
    ) throws(TrainingError) -> TrainingSpeed? {
        let (recipe, _) = try recipe.withTokenizer()
        let (shape, work) = (recipe.shape, recipe.work)
        let model = try TrainableModel<Float>(
            shape, windows: work.windowsAtOnce, tokensPerWindow: work.windowTokens, recomputing: work.recomputes,
            precision: work.precision, team: team)
        model.parameters.initialize(seed: 1)
        let optimizer = try Optimizer(
            model.parameters, settings: recipe.optimizer, precision: work.precision.products, team: team)
        let peak = try ProductPeak.measure(work.precision.products, team: team)
        let tokens = Self.tokens(model.rows, vocabularySize: shape.vocabularySize)
        let targets = Array(tokens.dropFirst() + [tokens[0]])
        var seconds: [Double] = []
        for step in 0...max(steps, 1) {
            let start = ContinuousClock.now
            model.parameters.clearGradients()
            for _ in 0..<work.windowsPerStep / work.windowsAtOnce {
                try model.accumulate(
                    tokens: tokens, targets: targets, weights: .init(factor: 1 / Double(recipe.tokensPerStep)))
            }
            try optimizer.step()
            if step > 0 { seconds.append((ContinuousClock.now - start) / .seconds(1)) }
            guard progress(step, max(steps, 1)) else { return nil }
        }
        let operations = shape.trainingOperations(tokensPerWindow: work.windowTokens) * Double(recipe.tokensPerStep)
        return TrainingSpeed(
            stepSeconds: seconds, tokensPerStep: recipe.tokensPerStep, operationsPerStep: operations,
            precision: work.precision.products, peakOperationsPerSecond: peak,
            memoryBytes: model.parameters.byteCount + optimizer.byteCount + model.activationBytes,
            weightCount: model.parameters.layout.weightCount)
    }

    private static func tokens(_ count: Int, vocabularySize: Int) -> [Int32] {
        var random = RandomSource(seed: 2)
        return (0..<count).map { _ in Int32(random.next() % UInt64(vocabularySize)) }
    }
}

extension ModelShape {
    /// Floating-point operations that forward and backward pass need for one token in a window of this length: six for
    /// each weight of a projection or the head, and attention's products, half of which causality saves.
    func trainingOperations(tokensPerWindow: Int) -> Double {
        let projections = layerCount * (2 * hiddenSize * (querySize + kvSize) + 3 * hiddenSize * feedForwardSize)
        let products = 6 * Double(projections + hiddenSize * vocabularySize)
        return products + 6 * Double(layerCount * querySize) * Double(tokensPerWindow)
    }
}
