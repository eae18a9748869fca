import Foundation
import TerseFormats
import TerseModel
import TerseTensor
import TestSupport
import Testing

@testable import TerseTraining

/// What is served is what was trained.
@Suite struct ExportTests {
    static func shape(_ architecture: Architecture, isTernary: Bool) -> ModelShape {
        var shape = ModelShape(
            layerCount: 2, hiddenSize: 256, feedForwardSize: 512, headCount: 4, kvHeadCount: 2, vocabularySize: 300,
            contextLength: 64)
        shape.architecture = architecture
        shape.isTernary = isTernary
        shape.activation = architecture == .bitnet ? .squaredReLU : .silu
        return shape
    }

    /// A model that has learnt a little, so that its scales and norms are not those it began with.
    static func trained(_ shape: ModelShape, team: ThreadTeam) throws -> TrainableModel<Float> {
        let model = try TrainableModel<Float>(shape, windows: 2, tokensPerWindow: 24, team: team)
        model.parameters.initialize(seed: 4, deviation: 0.05)
        let optimizer = try Optimizer(model.parameters, settings: OptimizerSettings(), team: team)
        for step in 0..<3 {
            model.parameters.clearGradients()
            try model.accumulate(
                tokens: TorchFixture.tokens(step, count: 48, vocabulary: 300),
                targets: TorchFixture.tokens(step + 9, count: 48, vocabulary: 300), weights: .init(factor: 1 / 48))
            try optimizer.step()
        }
        return model
    }

    static func servedLogits(_ path: String, _ tokens: [Int32], threads: Int) throws -> [Float] {
        let runner = try ModelRunner(Model(ModelFile.open(path)), threads: threads)
        let (sequence, batch) = (try runner.makeSequence(), try runner.makeBatch())
        var result: [Float] = []
        try batch.append(tokens, to: sequence, outputs: .all)
        runner.forward(batch)
        for output in 0..<runner.outputCount { result += runner.logits(first: output) }
        return result
    }

    /// The root mean square of the difference, relative to that of `expected`.
    static func error(_ found: [Float], _ expected: [Float]) -> Float {
        let size = expected.reduce(0) { $0 + $1 * $1 }
        return (zip(found, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / size).squareRoot()
    }

    @Test(arguments: [Architecture.llama, .bitnet]) func logitsAreTheTrainers(architecture: Architecture) throws {
        let team = ThreadTeam(threads: 2)
        let model = try Self.trained(Self.shape(architecture, isTernary: false), team: team)
        var options = ModelExport.Options()
        options.projectionType = .f32
        options.embeddingType = .f32
        let folder = try TemporaryFolder()
        let report = try ModelExport(model.shape, model.parameters, options: options).write(
            to: folder.path("model.gguf"), team: team)
        #expect(report.fallbacks.isEmpty)
        let tokens = TorchFixture.tokens(77, count: 48, vocabulary: 300)
        let expected = Array(try model.logits(tokens: tokens).prefix(24 * 300))
        let found = try Self.servedLogits(folder.path("model.gguf"), Array(tokens.prefix(24)), threads: 2)
        // Serving keeps keys and values in 16 bits.
        #expect(Self.error(found, expected) < 1e-3)
    }

    /// Where rounding to int8 falls to the other side, a ternary model without training magnifies it, so served logits
    /// are held to what rounding its embedding to 16 bits does to the trainer's own.
    @Test func ternaryLogitsAreTheTrainersToRounding() throws {
        let team = ThreadTeam(threads: 2)
        let model = try Self.trained(Self.shape(.bitnet, isTernary: true), team: team)
        var options = ModelExport.Options()
        options.embeddingType = .f32
        let folder = try TemporaryFolder()
        try ModelExport(model.shape, model.parameters, options: options).write(
            to: folder.path("model.gguf"), team: team)
        let tokens = TorchFixture.tokens(77, count: 48, vocabulary: 300)
        let expected = Array(try model.logits(tokens: tokens).prefix(24 * 300))
        let found = try Self.servedLogits(folder.path("model.gguf"), Array(tokens.prefix(24)), threads: 2)
        let embedding = model.parameters.layout.parameters[0]
        for index in embedding.range {
            model.parameters.weights[index] = Float(Float16(model.parameters.weights[index]))
        }
        let rounded = Array(try model.logits(tokens: tokens).prefix(24 * 300))
        #expect(Self.error(found, expected) < 1.5 * Self.error(rounded, expected))
        #expect(Self.error(found, expected) < 0.05)
    }

    /// One BitLinear by the serving kernels, integers throughout, and by the trainer.
    @Test func bitLinearIsTheSameInServing() throws {
        let (team, rows) = (ThreadTeam(threads: 2), 9)
        let shape = Self.shape(.bitnet, isTernary: true)
        let model = try Self.trained(shape, team: team)
        let folder = try TemporaryFolder()
        try ModelExport(shape, model.parameters).write(to: folder.path("model.gguf"), team: team)
        let weights = try #require(try ModelFile.open(folder.path("model.gguf")).tensor("blk.1.ffn_down.weight"))
        let down = model.parameters.layout.layers[1].down
        var plan = ArenaPlan()
        let (x, y) = (plan.reserve(rows, 512), plan.reserve(rows, 256))
        var work = Workspace<Float>(
            arena: try Arena(plan), parameters: model.parameters, products: try MatrixProducts(team: team), team: team,
            rows: rows)
        for index in 0..<x.count { work.arena[x][index] = Float(TorchFixture.uniform(5, index)) }
        var capacity = ActivationCapacity(rows: rows)
        capacity.include(.int8Row, columns: 512)
        let activations = try Activations(capacity)
        activations.load(work.arena[x], rows: rows, columns: 512, rowStride: 512, scheme: .int8Row, team: team)
        let served = try AlignedBuffer<Float>(count: y.count)
        MatrixMultiply.run(weights, activations, into: served.pointer, rowStride: 256, team: team)
        TrainingMath.quantizeRows(work.arena[x], rows: rows, columns: 512, into: work.arena[x], team: team)
        Linear(matrices: down, inputs: 512, outputs: 256).forward(x, into: y, work)
        let expected = Array(UnsafeBufferPointer(start: work.arena[y], count: y.count))
        #expect(weights.type == .tq2_0 && Self.error(Array(served.buffer), expected) < 1e-6)
        // And so does the trainer's own path through integers.
        work.integers = try IntegerProducts(model.parameters, shape, rows: rows, team: team)
        #expect(work.integers != nil)
        Linear(matrices: down, inputs: 512, outputs: 256).forward(x, into: y, work)
        #expect(Self.error(Array(UnsafeBufferPointer(start: work.arena[y], count: y.count)), expected) < 1e-6)
    }

    /// Gradients of a BitLinear through fixed point are those through floats, but for its rounding to 16 bits.
    @Test func bitLinearGradientsInFixedPoint() throws {
        let (team, rows) = (ThreadTeam(threads: 2), 9)
        let shape = Self.shape(.bitnet, isTernary: true)
        let model = try Self.trained(shape, team: team)
        let linear = Linear(matrices: model.parameters.layout.layers[1].gateUp, inputs: 256, outputs: 1024)
        var plan = ArenaPlan()
        let (x, dy, dx) = (plan.reserve(rows, 256), plan.reserve(rows, 1024), plan.reserve(rows, 256))
        var work = Workspace<Float>(
            arena: try Arena(plan), parameters: model.parameters, products: try MatrixProducts(team: team), team: team,
            rows: rows)
        for index in 0..<x.count { work.arena[x][index] = Float(TorchFixture.uniform(5, index)) }
        for index in 0..<dy.count { work.arena[dy][index] = Float(TorchFixture.uniform(6, index)) }
        TrainingMath.quantizeRows(work.arena[x], rows: rows, columns: 256, into: work.arena[x], team: team)
        let count = 1024 * 256
        func gradients() -> [Float] {
            model.parameters.clearGradients()
            linear.backward(x: x, dy: dy, into: dx, work)
            let gradient = model.parameters.gradient(linear.matrices.lowerBound)
            return Array(UnsafeBufferPointer(start: gradient, count: count))
                + UnsafeBufferPointer(start: work.arena[dx], count: dx.count)
        }
        let floats = gradients()
        work.integers = try IntegerProducts(model.parameters, shape, rows: rows, team: team)
        #expect(work.integers != nil)
        let found = gradients()
        #expect(found != floats)
        #expect(Self.error(Array(found[..<count]), Array(floats[..<count])) < 5e-5)
        #expect(Self.error(Array(found[count...]), Array(floats[count...])) < 5e-5)
    }

    /// Trits and scales come back from the file as they went in, in either type that has three values.
    @Test(arguments: [ElementType.tq2_0, .tq1_0]) func ternaryWeightsAreExact(type: ElementType) throws {
        let team = ThreadTeam(threads: 2)
        let model = try Self.trained(Self.shape(.bitnet, isTernary: true), team: team)
        let folder = try TemporaryFolder()
        try ModelExport(model.shape, model.parameters).write(to: folder.path("trained.gguf"), team: team)
        let report = try Converter(
            ModelFile.open(folder.path("trained.gguf")), options: ConversionOptions(type: type)
        ).write(to: folder.path("model.gguf"), team: team)
        #expect(report.fallbacks.isEmpty)
        let read = try ParameterSet<Float>(model.parameters.layout, isTernary: false)
        try read.read(ModelFile.open(folder.path("model.gguf")))
        for (index, parameter) in model.parameters.layout.parameters.enumerated() where parameter.role != .embedding {
            let expected = UnsafeBufferPointer(start: model.parameters.effective(index), count: parameter.count)
            let found = UnsafeBufferPointer(start: read.weight(index), count: parameter.count)
            #expect(expected.elementsEqual(found), "\(parameter.name)")
        }
        let configuration = try ModelConfiguration(ModelFile.open(folder.path("model.gguf")))
        var shape = try ModelShape(configuration, tiesEmbeddings: true)
        shape.isTernary = true
        #expect(shape == model.shape)
    }

    @Test func anotherShapeIsRefused() throws {
        let team = ThreadTeam(threads: 1)
        let shape = Self.shape(.bitnet, isTernary: false)
        let parameters = try ParameterSet<Float>(ParameterLayout(shape), isTernary: false)
        let file = try ModelExport(shape, parameters).modelFile(team: team)
        var wider = shape
        wider.feedForwardSize = 768
        let error = try #require(throws: TrainingError.self) {
            try ParameterSet<Float>(ParameterLayout(wider), isTernary: false).read(file)
        }
        #expect(error.code == .mismatch && error.message.contains("ffn_gate"))
        parameters.weights[7] = .infinity
        #expect(throws: TrainingError.self) { try ModelExport(shape, parameters).modelFile(team: team) }
    }

    /// What a layout has no place for would silently be left out.
    @Test(arguments: [
        "blk.0.attn_q.bias", "output.bias", "rope_freqs.weight", "blk.1.attn_q_norm.weight", "output.weight",
    ])
    func whatCannotBeRepresentedIsRefused(name: String) throws {
        let shape = Self.shape(.bitnet, isTernary: false)
        let parameters = try ParameterSet<Float>(ParameterLayout(shape), isTernary: false)
        let file = try ModelExport(shape, parameters).modelFile(team: ThreadTeam(threads: 1))
        let extra = ModelTensor(
            name: name, tensor: try Tensor(type: .f32, shape: [64], bytes: TensorBytes(count: 256) { _ in }))
        let other = try ModelFile(
            path: "other.gguf", format: .gguf, metadata: file.metadata, tensors: file.tensors + [extra])
        let error = #expect(throws: TrainingError.self) { try parameters.read(other) }
        #expect(error?.code == .mismatch && error?.message.hasPrefix("other.gguf: tensor \(name): ") == true)
    }

    /// Turned by halves after its rows were moved, a head's query is what turning adjacent pairs made of it, moved alike.
    @Test func aLlamaModelBecomesABitNetOne() throws {
        let team = ThreadTeam(threads: 1)
        var llama = Self.shape(.llama, isTernary: false)
        llama.activation = .squaredReLU
        let source = try Self.trained(llama, team: team)
        let folder = try TemporaryFolder()
        var options = ModelExport.Options()
        options.projectionType = .f32
        try ModelExport(llama, source.parameters, options: options).write(to: folder.path("llama.gguf"), team: team)
        var bitnet = llama
        bitnet.architecture = .bitnet
        bitnet.isTernary = true
        let parameters = try ParameterSet<Float>(ParameterLayout(bitnet), isTernary: true)
        let tokenizer = try TokenizerFile.open(
            TestData.repository.appending(path: "Tests/TerseTokenizerTests/Fixtures/bpe.json").path)
        try StartingWeights(folder.path("llama.gguf"), for: bitnet, tokenizer).read(into: parameters)
        let layers = (source.parameters.layout.layers[1], parameters.layout.layers[1])
        let subNorm = try #require(layers.1.feedForwardSubNorm)
        #expect(UnsafeBufferPointer(start: parameters.weight(subNorm), count: 512).allSatisfy { $0 == 1 })
        let (old, new) = (layers.0.qkv.lowerBound, layers.1.qkv.lowerBound)
        let cosines: [Float] = (0..<32).map { Float(cos(Double($0))) }
        let sines: [Float] = (0..<32).map { Float(sin(Double($0))) }
        func turned(_ set: ParameterSet<Float>, _ index: Int, _ layout: RotaryLayout) -> [Float] {
            // The first column of the first head's queries, taken for a query.
            var head = [Float](repeating: 0, count: 3 * 64)
            for element in 0..<64 { head[element] = set.weight(index)[element * 256] }
            let shape = TrainingMath<Float>.AttentionShape(
                windows: 1, tokens: 1, queryHeads: 1, kvHeads: 1, headDimension: 64)
            head.withUnsafeMutableBufferPointer {
                TrainingMath<Float>.rotate(
                    $0.baseAddress!, shape, cosines: cosines, sines: sines, layout: layout, isBackward: false,
                    team: team)
            }
            return Array(head.prefix(64))
        }
        let adjacent = turned(source.parameters, old, .adjacent)
        let moved: [Float] = (0..<64).map { (place: Int) -> Float in
            adjacent[place < 32 ? 2 * place : 2 * (place - 32) + 1]
        }
        #expect(turned(parameters, new, .halves) == moved)
    }
}
