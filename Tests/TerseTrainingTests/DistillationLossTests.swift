import Foundation
import TerseJSON
import TerseModel
import TerseTensor
import Testing

@testable import TerseTraining

/// What is learned from a teacher: values and gradients against PyTorch, gradients of whole models against central
/// differences in float64.
@Suite struct DistillationLossTests {
    private static func close(_ found: [Double], _ expected: [Double], _ tolerance: Double) -> Bool {
        let size = (expected.reduce(0) { $0 + $1 * $1 } / Double(max(expected.count, 1))).squareRoot()
        return found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) <= tolerance * size }
    }

    fileprivate static func numbers<Scalar: TrainingScalar>(_ stream: Int, _ count: Int, _ size: Double) -> [Scalar] {
        (0..<count).map { Scalar(Float(size) * Float(TorchFixture.uniform(stream, $0))) }
    }

    @Test func divergencesAreThoseOfPyTorch() throws {
        let cases = try #require(try TorchFixture.json("distillation.json")["divergences"]?.arrayValue)
        for json in cases {
            try compareDivergence(Float.self, json, tolerance: 3e-5)
            try compareDivergence(Double.self, json, tolerance: 3e-6)
        }
    }

    private func compareDivergence<Scalar: TrainingScalar>(
        _: Scalar.Type, _ json: JSONValue, tolerance: Double
    ) throws {
        let (rows, columns) = (try #require(json["rows"]?.intValue), try #require(json["columns"]?.intValue))
        let temperature = try #require(json["temperature"]?.doubleValue)
        let student: [Scalar] = Self.numbers(3100, rows * columns, 4)
        for isForward in [true, false] {
            var teacher: [Scalar] = Self.numbers(3101, rows * columns, 4)
            var (forward, reverse) = ([Double](repeating: 0, count: rows), [Double](repeating: 0, count: rows))
            let weight = temperature * temperature
            TrainingMath<Scalar>.divergence(
                student, over: &teacher, rows: rows, columns: columns,
                weights: .init(
                    forward: isForward ? weight : 0, reverse: isForward ? 0 : weight, temperature: temperature,
                    teacherTemperature: temperature), forward: &forward, reverse: &reverse,
                team: ThreadTeam(threads: 2))
            let gradient = teacher.map { Double($0) }
            let name = isForward ? "forward" : "reverse"
            #expect(Self.close(isForward ? forward : reverse, TorchFixture.numbers(json[name]), tolerance))
            #expect(Self.close(gradient, TorchFixture.numbers(json[name + "_gradient"]), tolerance), "\(name)")
        }
    }

    /// What a relation of the fixture's sizes computes: its loss, and the gradients of queries, keys and values.
    private func relation(_ json: JSONValue) throws -> (loss: Double, gradients: [[Double]]) {
        func number(_ key: String) throws -> Int { try #require(json[key]?.intValue) }
        let (windows, tokens) = (try number("windows"), try number("tokens"))
        let (width, kvWidth) = (try number("width"), try number("kv_width"))
        let (taughtWidth, taughtKV) = (try number("taught_width"), try number("taught_kv_width"))
        var shape = ModelShape(
            layerCount: 1, hiddenSize: width, feedForwardSize: 8, headCount: 4, kvHeadCount: 2, vocabularySize: 8,
            contextLength: tokens)
        shape.architecture = .llama
        var plan = ArenaPlan()
        let attention = Attention<Double>(&plan, shape, windows: windows, tokens: tokens, threads: 2)
        let relation = try AttentionRelation(
            &plan, attention: attention,
            .init(layer: 0, heads: try number("heads"), teacherQueryWidth: taughtWidth, teacherKVWidth: taughtKV),
            team: ThreadTeam(threads: 1))
        let (rows, all) = (windows * tokens, width + 2 * kvWidth)
        let (qkv, gradient) = (plan.reserve(rows, all), plan.reserve(rows, all))
        let taught = [taughtWidth, taughtKV, taughtKV].map { plan.reserve(rows, $0) }
        let work = try LayerBench(shape, plan: plan, rows: rows).work
        attention.fillTables(base: 10_000, work.arena)
        let starts = [(0, width), (width, kvWidth), (width + kvWidth, kvWidth)]
        for (kind, (start, columns)) in starts.enumerated() {
            for index in 0..<rows * columns {
                work.arena[qkv][index / columns * all + start + index % columns] =
                    TorchFixture.uniform(3200 + kind, index)
            }
            for index in 0..<taught[kind].count {
                work.arena[taught[kind]][index] = TorchFixture.uniform(3300 + kind, index)
            }
        }
        TrainingMath.rotate(
            work.arena[qkv], attention.shape, cosines: work.arena[attention.cosines],
            sines: work.arena[attention.sines], layout: attention.layout, isBackward: false, team: work.team)
        let states = AttentionStates<Double>(
            queries: work.arena[taught[0]], keys: work.arena[taught[1]], values: work.arena[taught[2]],
            queryWidth: taughtWidth, kvWidth: taughtKV)
        let loss = relation.backward(qkv: qkv, teacher: states, factor: 1, addingTo: gradient, work)
        let gradients = starts.map { start, columns in
            (0..<rows * columns).map { work.arena[gradient][$0 / columns * all + start + $0 % columns] }
        }
        return (loss, gradients)
    }

    @Test func relationsAreThoseOfPyTorch() throws {
        let json = try #require(try TorchFixture.json("distillation.json")["relation"])
        let found = try relation(json)
        let expected = try #require(json["loss"]?.doubleValue)
        #expect(abs(found.loss - expected) < 1e-5 * expected)
        for (kind, gradient) in found.gradients.enumerated() {
            #expect(Self.close(gradient, TorchFixture.numbers(json["gradients"]?.arrayValue?[kind]), 1e-4), "\(kind)")
        }
    }

    /// A tiny model with a teacher of random logits and states, in float64.
    private struct Pupil {
        static let (rows, vocabulary, factor) = (12, 19, 1.0 / 12)
        let model: TrainableModel<Double>
        let weights: DistillationWeights
        let teacher: [Double] = DistillationLossTests.numbers(7, rows * vocabulary, 3)
        let states: [Double] = DistillationLossTests.numbers(8, rows * 20, 1)
        let tokens = TorchFixture.tokens(1, count: rows, vocabulary: UInt64(vocabulary))
        let targets: [Int32]

        init(recomputes: Bool) throws {
            var shape = ModelShape(
                layerCount: 2, hiddenSize: 16, feedForwardSize: 24, headCount: 4, kvHeadCount: 2,
                vocabularySize: Self.vocabulary, contextLength: 6)
            shape.architecture = .bitnet
            let plan = DistillationPlan(
                usesLogits: true, relation: .init(layer: 1, heads: 2, teacherQueryWidth: 12, teacherKVWidth: 4))
            model = try TrainableModel<Double>(
                shape, windows: 2, tokensPerWindow: 6, recomputing: recomputes, distilling: plan,
                team: ThreadTeam(threads: 2))
            model.parameters.initialize(seed: 3, deviation: 0.3)
            var weights = DistillationWeights()
            (weights.crossEntropy, weights.forward, weights.reverse) = (0.7, 0.4, 0.3)
            (weights.attention, weights.temperature) = (0.9, 1.7)
            self.weights = weights
            var targets = TorchFixture.tokens(2, count: Self.rows, vocabulary: UInt64(Self.vocabulary))
            targets[4] = -1
            self.targets = targets
        }

        /// Of z-loss, which the weight of the cross-entropy must leave alone.
        let zLoss = 0.02

        /// Σ of the squares of log Σ exp of the logits, of the rows that are asked about.
        private func squaredLogSums() throws -> Double {
            let logits = try model.logits(tokens: tokens)
            return targets.indices.filter { targets[$0] >= 0 }.reduce(0) { sum, row in
                let scores = Array(logits[row * Self.vocabulary..<(row + 1) * Self.vocabulary])
                let logSum = TrainingMath<Double>.logSum(scores, count: Self.vocabulary, factor: 1)
                return sum + logSum * logSum
            }
        }

        /// All losses, weighted; adds to the gradients.
        func loss() throws -> Double {
            let (rows, vocabulary) = (Self.rows, Self.vocabulary)
            let (nats, taught) = try states.withUnsafeBufferPointer { states in
                let lesson = Lesson<Double>(
                    weights: weights, teacherTemperature: weights.temperature,
                    fill: { first, count, _, target in
                        for index in 0..<count * vocabulary { target[index] = teacher[first * vocabulary + index] }
                    },
                    states: AttentionStates(
                        queries: states.baseAddress!, keys: states.baseAddress! + rows * 12,
                        values: states.baseAddress! + rows * 16, queryWidth: 12, kvWidth: 4))
                return try model.accumulate(
                    tokens: tokens, targets: targets, weights: .init(factor: Self.factor, zLoss: zLoss), lesson: lesson)
            }
            let divergences = weights.forward * taught.forward + weights.reverse * taught.reverse
            let square = weights.temperature * weights.temperature
            // Two windows, each a mean over its tokens.
            return Self.factor * (weights.crossEntropy * nats + zLoss * (try squaredLogSums()) + square * divergences)
                + weights.attention * taught.attention / 2
        }
    }

    /// With all losses at once; without recomputation and with.
    @Test(arguments: [false, true]) func gradientsAreDifferences(recomputes: Bool) throws {
        let pupil = try Pupil(recomputes: recomputes)
        let parameters = pupil.model.parameters
        _ = try pupil.loss()
        let gradients = Array(parameters.gradients.buffer)
        var random = RandomSource(seed: 5)
        for parameter in parameters.layout.parameters {
            let size = (gradients[parameter.range].reduce(0) { $0 + $1 * $1 } / Double(parameter.count)).squareRoot()
            for _ in 0..<6 {
                let index = parameter.offset + Int(random.next() % UInt64(parameter.count))
                let (value, step) = (parameters.weights[index], 2e-5)
                func moved(_ distance: Double) throws -> Double {
                    parameters.weights[index] = value + distance
                    return try pupil.loss()
                }
                let difference = (try moved(step) - moved(-step)) / (2 * step)
                parameters.weights[index] = value
                let error = abs(difference - gradients[index]) / max(abs(gradients[index]), size / 10)
                #expect(error < 1e-6, "\(parameter.name)[\(index - parameter.offset)]")
            }
        }
    }

    /// A teacher that names all tokens but one says the same as one that names all; one that names few has its named
    /// ones, and one outcome for all others.
    @Test func fewNamedTokensAndOneForTheRest() throws {
        let (columns, temperature) = (23, 1.5)
        let student: [Double] = Self.numbers(1, columns, 3)
        let scores: [Double] = Self.numbers(2, columns, 3)
        let total = TrainingMath<Double>.logSum(scores, count: columns, factor: 1 / temperature)
        let logs = scores.map { $0 / temperature - total }
        let order = logs.indices.sorted { logs[$0] > logs[$1] }
        func divergences(_ teacher: [Double], _ teacherTemperature: Double) -> ([Double], [Double]) {
            var gradient = teacher
            var (forward, reverse) = ([0.0], [0.0])
            TrainingMath<Double>.divergence(
                student, over: &gradient, rows: 1, columns: columns,
                weights: .init(
                    forward: 1, reverse: 1, temperature: temperature, teacherTemperature: teacherTemperature),
                forward: &forward, reverse: &reverse, team: ThreadTeam(threads: 1))
            return (forward + reverse, gradient)
        }
        func completed(_ count: Int) -> [Double] {
            let outcomes = order.prefix(count).map { (index: Int32($0), logProbability: Float(logs[$0])) }
            var teacher = [Double](repeating: 0, count: columns)
            outcomes.withUnsafeBufferPointer { outcomes in
                TrainingMath<Double>.complete(
                    student, columns: columns, temperature: temperature, outcomes: outcomes, into: &teacher)
            }
            return teacher
        }
        let (whole, gradient) = divergences(scores, temperature)
        let (nearly, nearGradient) = divergences(completed(columns - 1), 1)
        #expect(Self.close(nearly, whole, 1e-4) && Self.close(nearGradient, gradient, 1e-4))
        let few = completed(4)
        #expect(abs(few.map { exp($0) }.reduce(0, +) - 1) < 1e-6)
        let studentTotal = TrainingMath<Double>.logSum(student, count: columns, factor: 1 / temperature)
        let q = student.map { exp($0 / temperature - studentTotal) }
        let (named, rest) = (order.prefix(4), order.dropFirst(4))
        let p = logs.map { exp($0) }
        let (pRest, qRest) = (rest.map { p[$0] }.reduce(0, +), rest.map { q[$0] }.reduce(0, +))
        let expected = named.map { p[$0] * log(p[$0] / q[$0]) }.reduce(0, +) + pRest * log(pRest / qRest)
        #expect(abs(divergences(few, 1).0[0] - expected) < 1e-6)
    }
}
