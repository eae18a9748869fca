import TerseModel
import TerseTensor
import Testing

@testable import TerseTraining

/// A whole model's gradients against central differences in float64, and what must not change them.
@Suite struct ModelGradientTests {
    static func shape(_ architecture: Architecture, ties: Bool) -> ModelShape {
        var shape = ModelShape(
            layerCount: 2, hiddenSize: 32, feedForwardSize: 48, headCount: 4, kvHeadCount: 2, vocabularySize: 61,
            contextLength: 80)
        shape.architecture = architecture
        shape.tiesEmbeddings = ties
        shape.activation = architecture == .bitnet ? .squaredReLU : .silu
        return shape
    }

    static func tokens(_ count: Int, seed: UInt64) -> [Int32] {
        var random = RandomSource(seed: seed)
        return (0..<count).map { _ in Int32(random.next() % 61) }
    }

    @Test(arguments: [(Architecture.llama, false), (.bitnet, true)])
    func everyParameter(architecture: Architecture, ties: Bool) throws {
        let shape = Self.shape(architecture, ties: ties)
        let model = try TrainableModel<Double>(shape, windows: 2, tokensPerWindow: 9, team: ThreadTeam(threads: 2))
        model.parameters.initialize(seed: 5, deviation: 0.2)
        let (tokens, targets) = (Self.tokens(18, seed: 1), Self.tokens(18, seed: 2))
        let weights = TrainingMath<Double>.LossWeights(factor: 1)
        try model.accumulate(tokens: tokens, targets: targets, weights: weights)
        var random = RandomSource(seed: 3)
        for (index, parameter) in model.parameters.layout.parameters.enumerated() {
            let gradient = UnsafeBufferPointer(start: model.parameters.gradient(index), count: parameter.count)
            let size = (gradient.reduce(0) { $0 + $1 * $1 } / Double(parameter.count)).squareRoot()
            for _ in 0..<6 {
                let element = Int(random.next() % UInt64(parameter.count))
                let place = model.parameters.weights.pointer + parameter.offset + element
                let (value, step) = (place.pointee, 1e-5)
                func loss(_ changed: Double) throws -> Double {
                    place.pointee = changed
                    return try model.losses(tokens: tokens, targets: targets).reduce(0, +)
                }
                let difference = try (loss(value + step) - loss(value - step)) / (2 * step)
                place.pointee = value
                let error = abs(difference - gradient[element]) / max(abs(gradient[element]), size / 10)
                #expect(error < 1e-6, "\(parameter.name)[\(element)]: \(gradient[element]), \(difference)")
            }
        }
    }

    private func gradients(
        threads: Int, recomputing: Bool = false, isTernary: Bool = true, width: Int? = nil,
        precision: TrainingPrecision = TrainingPrecision()
    ) throws -> (loss: Double, gradients: [Float]) {
        var shape = Self.shape(.bitnet, ties: true)
        shape.isTernary = isTernary
        if let width {
            (shape.hiddenSize, shape.feedForwardSize) = (width, width)
            shape.headDimension = width / shape.headCount
        }
        let model = try TrainableModel<Float>(
            shape, windows: 3, tokensPerWindow: 70, recomputing: recomputing, precision: precision,
            team: ThreadTeam(threads: threads))
        model.parameters.initialize(seed: 9)
        let loss = try model.accumulate(
            tokens: Self.tokens(210, seed: 7), targets: Self.tokens(210, seed: 8), weights: .init(factor: 1 / 210)
        ).nats
        return (loss, Array(model.parameters.gradients.buffer))
    }

    /// In widths that are no whole blocks, whose products are of floats, and in such that are, whose are of integers.
    @Test(arguments: [nil, 256]) func threadsDoNotMatter(width: Int?) throws {
        let one = try gradients(threads: 1, width: width)
        #expect(one.gradients.contains { $0 != 0 } && one.gradients.allSatisfy(\.isFinite))
        for threads in [2, 5] { #expect(try gradients(threads: threads, width: width) == one, "\(threads) threads") }
    }

    @Test(arguments: [(true, nil), (true, 256), (false, nil)]) func recomputingDoesNotMatter(
        isTernary: Bool, width: Int?
    ) throws {
        let kept = try gradients(threads: 2, isTernary: isTernary, width: width)
        #expect(try gradients(threads: 2, recomputing: true, isTernary: isTernary, width: width) == kept)
    }

    /// Coarser products leave the loss and the direction of the gradient, for any number of threads alike.
    @Test(arguments: [true, false]) func precisionMattersLittle(isTernary: Bool) throws {
        var precision = TrainingPrecision()
        (precision.products, precision.gradients) = (.bfloat16, .eight)
        let fine = try gradients(threads: 2, isTernary: isTernary, width: 256)
        let coarse = try gradients(threads: 2, isTernary: isTernary, width: 256, precision: precision)
        #expect(try gradients(threads: 5, isTernary: isTernary, width: 256, precision: precision) == coarse)
        #expect(fine != coarse && abs(fine.loss - coarse.loss) < 1e-3 * fine.loss)
        func product(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0 * $1.1) } }
        let sizes = product(fine.gradients, fine.gradients) * product(coarse.gradients, coarse.gradients)
        let cosine = product(fine.gradients, coarse.gradients) / sizes.squareRoot()
        #expect(cosine > 0.999, "\(cosine)")
    }

    /// Two batches added up are the batch of both.
    @Test func gradientsAccumulate() throws {
        let shape = Self.shape(.llama, ties: true)
        let team = ThreadTeam(threads: 2)
        let half = try TrainableModel<Double>(shape, windows: 1, tokensPerWindow: 8, team: team)
        let whole = try TrainableModel<Double>(shape, windows: 2, tokensPerWindow: 8, team: team)
        let (tokens, targets) = (Self.tokens(16, seed: 4), Self.tokens(16, seed: 6))
        for model in [half, whole] { model.parameters.initialize(seed: 2, deviation: 0.2) }
        let weights = TrainingMath<Double>.LossWeights(factor: 1 / 16)
        let loss = try whole.accumulate(tokens: tokens, targets: targets, weights: weights).nats
        var sum = 0.0
        for part in [0..<8, 8..<16] {
            sum += try half.accumulate(
                tokens: Array(tokens[part]), targets: Array(targets[part]), weights: weights
            ).nats
        }
        #expect(abs(sum - loss) < 1e-9)
        let pairs = zip(half.parameters.gradients.buffer, whole.parameters.gradients.buffer)
        #expect(pairs.allSatisfy { abs($0 - $1) < 1e-12 })
    }
}
