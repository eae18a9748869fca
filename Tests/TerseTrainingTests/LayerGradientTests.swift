import TerseModel
import TerseTensor
import Testing

@testable import TerseTraining

/// Each smooth layer's gradients against central differences in float64.
@Suite struct LayerGradientTests {
    static let tolerance = 1e-6

    static func shape(heads: Int = 4, kvHeads: Int = 2, architecture: Architecture = .bitnet) -> ModelShape {
        var shape = ModelShape(
            layerCount: 1, hiddenSize: 24, feedForwardSize: 20, headCount: heads, kvHeadCount: kvHeads,
            vocabularySize: 37, contextLength: 256)
        shape.architecture = architecture
        return shape
    }

    @Test func norm() throws {
        let (shape, rows) = (Self.shape(), 9)
        var plan = ArenaPlan()
        let (x, y) = (plan.reserve(rows, 24), plan.reserve(rows, 24))
        let (dy, dx, before) = (plan.reserve(rows, 24), plan.reserve(rows, 24), plan.reserve(rows, 24))
        let weight = ParameterLayout(shape).layers[0].feedForwardNorm
        let norm = RMSNorm(&plan, weight: weight, rows: rows, columns: 24, shape: shape, quantizes: false)
        let bench = try LayerBench(shape, plan: plan, rows: rows)
        [x, dy, before].forEach { bench.fill($0) }
        bench.work.arena[dx].update(from: bench.work.arena[before], count: before.count)
        func loss() -> Double {
            norm.forward(x, into: y, bench.work)
            return bench.product(y, dy)
        }
        _ = loss()
        norm.backward(x: x, dy: dy, into: dx, adding: true, bench.work)
        let added = zip(bench.values(dx), bench.values(before)).map { $0 - $1 }
        #expect(bench.error(of: added, by: bench.work.arena[x], loss: loss) < Self.tolerance)
        let gradient = bench.gradient(weight, count: 24)
        #expect(bench.error(of: gradient, by: bench.weights(weight), loss: loss) < Self.tolerance)
        // In place, written rather than added.
        norm.backward(x: x, dy: dy, into: dy, adding: false, bench.work)
        #expect(zip(bench.values(dy), added).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test func linear() throws {
        let (shape, rows) = (Self.shape(), 7)
        var plan = ArenaPlan()
        let outputs = shape.querySize + 2 * shape.kvSize
        let (x, dx) = (plan.reserve(rows, 24), plan.reserve(rows, 24))
        let (y, dy) = (plan.reserve(rows, outputs), plan.reserve(rows, outputs))
        let linear = Linear(matrices: ParameterLayout(shape).layers[0].qkv, inputs: 24, outputs: outputs)
        let bench = try LayerBench(shape, plan: plan, rows: rows)
        [x, dy].forEach { bench.fill($0) }
        func loss() -> Double {
            linear.forward(x, into: y, bench.work)
            return bench.product(y, dy)
        }
        _ = loss()
        linear.backward(x: x, dy: dy, into: dx, bench.work)
        #expect(bench.error(of: bench.values(dx), by: bench.work.arena[x], loss: loss) < Self.tolerance)
        let gradient = bench.gradient(linear.matrices.lowerBound, count: outputs * 24)
        #expect(bench.error(of: gradient, by: bench.weights(linear.matrices.lowerBound), loss: loss) < Self.tolerance)
    }

    @Test func embedding() throws {
        let (shape, tokens) = (Self.shape(), [3, 0, 36, 3, 3, 12] as [Int32])
        var plan = ArenaPlan()
        let (x, dx) = (plan.reserve(6, 24), plan.reserve(6, 24))
        let embedding = Embedding(weight: 0, columns: 24)
        let bench = try LayerBench(shape, plan: plan, rows: 6)
        bench.fill(dx)
        func loss() -> Double {
            embedding.forward(tokens, into: x, bench.work)
            return bench.product(x, dx)
        }
        embedding.backward(tokens, dx: dx, bench.work)
        let gradient = bench.gradient(0, count: 37 * 24)
        #expect(bench.error(of: gradient, by: bench.weights(0), samples: 37 * 24, loss: loss) < Self.tolerance)
    }

    @Test(arguments: [GateActivation.silu, .squaredReLU]) func gate(activation: GateActivation) throws {
        var shape = Self.shape()
        shape.activation = activation
        var plan = ArenaPlan()
        let (x, kept, y, dy) = (plan.reserve(5, 40), plan.reserve(5, 40), plan.reserve(5, 20), plan.reserve(5, 20))
        let gate = Gate(activation: shape.activation, columns: 20)
        let bench = try LayerBench(shape, plan: plan, rows: 5)
        bench.fill(x, 3)
        bench.fill(dy)
        func loss() -> Double {
            gate.forward(x, into: y, bench.work)
            return bench.product(y, dy)
        }
        bench.work.arena[kept].update(from: bench.work.arena[x], count: x.count)
        gate.backward(dy: dy, over: kept, bench.work)
        let gradient = bench.values(kept)
        #expect(bench.error(of: gradient, by: bench.work.arena[x], samples: 200, loss: loss) < Self.tolerance)
    }

    /// Windows shorter and longer than a tile, heads that are and are no whole number of vectors, grouped or not.
    @Test(arguments: [(2, 5, 4, 2, Architecture.bitnet), (1, 70, 3, 1, .llama), (2, 130, 2, 2, .bitnet)])
    func attention(windows: Int, tokens: Int, heads: Int, kvHeads: Int, architecture: Architecture) throws {
        let shape = Self.shape(heads: heads, kvHeads: kvHeads, architecture: architecture)
        let (rows, width) = (windows * tokens, shape.querySize + 2 * shape.kvSize)
        var plan = ArenaPlan()
        let attention = Attention<Double>(&plan, shape, windows: windows, tokens: tokens, threads: 2)
        let (x, qkv, dqkv) = (plan.reserve(rows, width), plan.reserve(rows, width), plan.reserve(rows, width))
        let (y, dy) = (plan.reserve(rows, shape.querySize), plan.reserve(rows, shape.querySize))
        let logSums = plan.reserve(rows, heads)
        let bench = try LayerBench(shape, plan: plan, rows: rows)
        attention.fillTables(base: 10_000, bench.work.arena)
        bench.fill(x, 2)
        bench.fill(dy)
        func loss() -> Double {
            bench.work.arena[qkv].update(from: bench.work.arena[x], count: x.count)
            attention.forward(qkv, into: y, logSums: logSums, bench.work)
            return bench.product(y, dy)
        }
        _ = loss()
        attention.backward(qkv: qkv, y: y, logSums: logSums, dy: dy, into: dqkv, bench.work)
        #expect(bench.error(of: bench.values(dqkv), by: bench.work.arena[x], loss: loss) < Self.tolerance)
    }

    @Test func lossHead() throws {
        let (shape, rows) = (Self.shape(), 6)
        var plan = ArenaPlan()
        let (x, dx) = (plan.reserve(rows, 24), plan.reserve(rows, 24))
        let head = LossHead(&plan, weight: 0, rows: rows, columns: 24, vocabulary: 37)
        let bench = try LayerBench(shape, plan: plan, rows: rows)
        bench.fill(x, 3)
        let targets: [Int32] = [4, -1, 0, 36, 4, 20]
        var losses = [Double](repeating: 0, count: rows)
        // The gradient has z-loss too, which the losses leave out: added here from the logits.
        let weights = TrainingMath<Double>.LossWeights(factor: 0.25, zLoss: 0.01)
        func loss() -> Double {
            head.run(x, targets: targets, losses: &losses, weights: nil, dx: dx, bench.work)
            var sum = 0.0
            for row in 0..<rows where targets[row] >= 0 {
                let logits = UnsafeBufferPointer(start: bench.work.arena[head.logits] + row * 37, count: 37)
                let logSum = losses[row] + logits[Int(targets[row])]
                sum += 0.25 * (losses[row] + 0.01 * logSum * logSum)
            }
            return sum
        }
        head.run(x, targets: targets, losses: &losses, weights: weights, dx: dx, bench.work)
        let (inputs, matrix) = (bench.values(dx), bench.gradient(0, count: 37 * 24))
        #expect(bench.error(of: inputs, by: bench.work.arena[x], samples: 200, loss: loss) < Self.tolerance)
        #expect(bench.error(of: matrix, by: bench.weights(0), loss: loss) < Self.tolerance)
        #expect(losses[1] == 0)
    }
}
