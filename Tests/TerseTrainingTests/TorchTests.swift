import TerseJSON
import TerseModel
import TerseTensor
import Testing

@testable import TerseTraining

/// BitLinear and the first steps of tiny models against PyTorch.
@Suite struct TorchTests {
    /// Outputs and straight-through gradients.
    @Test func bitLinear() throws {
        let fixture = try TorchFixture.json("bitlinear.json")
        var shape = ModelShape(
            layerCount: 1, hiddenSize: 24, feedForwardSize: 12, headCount: 1, vocabularySize: 2, contextLength: 8)
        shape.isTernary = true
        let (rows, team) = (5, ThreadTeam(threads: 2))
        var plan = ArenaPlan()
        let (x, dx) = (plan.reserve(rows, 24), plan.reserve(rows, 24))
        let (y, dy) = (plan.reserve(rows, 12), plan.reserve(rows, 12))
        let layout = ParameterLayout(shape)
        let gate = layout.layers[0].gateUp.lowerBound
        let linear = Linear(matrices: gate..<gate + 1, inputs: 24, outputs: 12)
        let work = Workspace<Float>(
            arena: try Arena(plan), parameters: try ParameterSet(layout, isTernary: true),
            products: try MatrixProducts(team: team), team: team, rows: rows)
        for index in 0..<x.count { work.arena[x][index] = Float(TorchFixture.uniform(3000, index)) }
        for index in 0..<12 * 24 {
            work.parameters.weights[layout.parameters[gate].offset + index] = Float(TorchFixture.uniform(3001, index))
        }
        for index in 0..<dy.count { work.arena[dy][index] = Float(TorchFixture.uniform(3002, index)) }
        work.parameters.prepare(team: team)
        TrainingMath.quantizeRows(work.arena[x], rows: rows, columns: 24, into: work.arena[x], team: team)
        linear.forward(x, into: y, work)
        linear.backward(x: x, dy: dy, into: dx, work)
        expect(work.arena[y], TorchFixture.numbers(fixture["y"]), "y")
        expect(work.arena[dx], TorchFixture.numbers(fixture["dx"]), "dx")
        expect(work.parameters.gradient(gate), TorchFixture.numbers(fixture["dw"]), "dW")
    }

    private func expect(_ found: UnsafeMutablePointer<Float>, _ expected: [Double], _ what: String) {
        #expect(!expected.isEmpty)
        let size = expected.map(abs).max() ?? 0
        for (index, value) in expected.enumerated() {
            #expect(abs(Double(found[index]) - value) <= 1e-6 * size, "\(what)[\(index)]")
        }
    }

    static let runs = (try? TorchFixture.json("steps.json"))?["runs"]?.arrayValue ?? []

    /// The loss of each of the first 20 steps, float within 1e-4 and ternary within 1e-3.
    @Test(arguments: 0..<5) func firstSteps(run: Int) throws {
        let run = try #require(Self.runs.indices.contains(run) ? Self.runs[run] : nil)
        let isTernary = run["ternary"]?.boolValue == true
        var shape = ModelShape(
            layerCount: 2, hiddenSize: 32, feedForwardSize: 48, headCount: 4, kvHeadCount: 2, vocabularySize: 64,
            contextLength: 16)
        shape.architecture = try #require(Architecture(rawValue: run["architecture"]?.stringValue ?? ""))
        shape.activation = try #require(GateActivation(rawValue: run["activation"]?.stringValue ?? ""))
        shape.isTernary = isTernary
        shape.tiesEmbeddings = shape.architecture == .bitnet
        let team = ThreadTeam(threads: 2)
        let model = try TrainableModel<Float>(shape, windows: 2, tokensPerWindow: 16, team: team)
        TorchFixture.fill(model.parameters)
        let optimizer = try Optimizer(
            model.parameters, settings: settings(usesMuon: run["rule"]?.stringValue == "muon"), team: team)
        let losses = TorchFixture.numbers(run["losses"])
        let norms = TorchFixture.numbers(run["gradient_norms"])
        let tolerance = isTernary ? 1e-3 : 1e-4
        for step in 0..<20 {
            model.parameters.clearGradients()
            let sum = try model.accumulate(
                tokens: TorchFixture.tokens(1000 + step % 4, count: 32, vocabulary: 64),
                targets: TorchFixture.tokens(2000 + step % 4, count: 32, vocabulary: 64),
                weights: .init(factor: 1 / 32)
            ).nats
            let report = try optimizer.step()
            #expect(abs(sum / 32 - losses[step]) <= tolerance * losses[step], "step \(step): \(sum / 32)")
            #expect(abs(report.gradientNorm - norms[step]) <= 10 * tolerance * norms[step], "step \(step): norm")
        }
    }

    private func settings(usesMuon: Bool) -> OptimizerSettings {
        var settings = OptimizerSettings()
        settings.rate = 3e-3
        var muon = OptimizerSettings.MuonSettings()
        muon.weightDecay = 0.1
        settings.matrices = usesMuon ? .muon(muon) : .adamW
        return settings
    }
}
