import TerseModel
import TerseTensor

/// How fast a shape trains on this machine, and how much of its matrix products' speed that uses.
public struct TrainingSpeed: Sendable {
    /// What is done in a step.
    struct Work {
        /// Windows that go through the model at once.
        var windows: Int
        var tokensPerWindow: Int
        /// Times that windows go through the model in a step.
        var batches = 1
        var recomputes = false
        var precision = TrainingPrecision()
    }

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
        let work = Work(
            windows: recipe.work.windowsAtOnce, tokensPerWindow: recipe.work.windowTokens,
            batches: recipe.work.windowsPerStep / recipe.work.windowsAtOnce, recomputes: recipe.work.recomputes,
            precision: recipe.work.precision)
        return try measure(recipe.shape, work, recipe.optimizer, steps: steps, team: team, progress: progress)
    }

    /// The same for any shape.
    static func measure(
        _ shape: ModelShape, _ work: Work, _ settings: OptimizerSettings, steps: Int, team: ThreadTeam,
        progress: (Int, Int) -> Bool = { _, _ in true }
    ) throws(TrainingError) -> TrainingSpeed? {
        let model = try TrainableModel<Float>(
            shape, windows: work.windows, tokensPerWindow: work.tokensPerWindow, recomputing: work.recomputes,
            precision: work.precision, team: team)
        model.parameters.initialize(seed: 1)
        let optimizer = try Optimizer(
            model.parameters, settings: settings, precision: work.precision.products, team: team)
        let peak = try ProductPeak.measure(work.precision.products, team: team)
        let tokens = Self.tokens(model.rows, vocabularySize: shape.vocabularySize)
        let targets = Array(tokens.dropFirst() + [tokens[0]])
        let tokensPerStep = model.rows * work.batches
        var seconds: [Double] = []
        for step in 0...max(steps, 1) {
            let start = ContinuousClock.now
            model.parameters.clearGradients()
            for _ in 0..<work.batches {
                _ = try model.accumulate(
                    tokens: tokens, targets: targets, weights: .init(factor: 1 / Double(tokensPerStep)))
            }
            try optimizer.step()
            if step > 0 { seconds.append((ContinuousClock.now - start) / .seconds(1)) }
            guard progress(step, max(steps, 1)) else { return nil }
        }
        let operations = shape.trainingOperations(tokensPerWindow: work.tokensPerWindow) * Double(tokensPerStep)
        return TrainingSpeed(
            stepSeconds: seconds, tokensPerStep: tokensPerStep, operationsPerStep: operations,
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
