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

    private static func numbers<Scalar: TrainingScalar>(_ stream: Int, _ count: Int, _ size: Double) -> [Scalar] {
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

    @Test func relationsAreThoseOfPyTorch() throws {
        let json = try #require(try TorchFixture.json("distillation.json")["relation"])
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
        let relation = AttentionRelation(
            &plan, attention: attention, heads: try number("heads"), teacherWidth: taughtWidth)
        let (rows, all) = (windows * tokens, width + 2 * kvWidth)
        let (qkv, gradient) = (plan.reserve(rows, all), plan.reserve(rows, all))
        let work = try LayerBench(shape, plan: plan, rows: rows).work
        attention.fillTables(base: 10_000, work.arena)
        var start = 0
        for (kind, columns) in [width, kvWidth, kvWidth].enumerated() {
            let values: [Double] = Self.numbers(3200 + kind, rows * columns, 1)
            for (index, value) in values.enumerated() {
                let (row, column) = index.quotientAndRemainder(dividingBy: columns)
                work.arena[qkv][row * all + start + column] = value
            }
            start += columns
        }
        TrainingMath.rotate(
            work.arena[qkv], attention.shape, cosines: work.arena[attention.cosines],
            sines: work.arena[attention.sines], layout: attention.layout, isBackward: false, team: work.team)
        let queries: [Double] = Self.numbers(3300, rows * taughtWidth, 1)
        let keys: [Double] = Self.numbers(3301, rows * taughtKV, 1)
        let values: [Double] = Self.numbers(3302, rows * taughtKV, 1)
        let loss = queries.withUnsafeBufferPointer { queries in
            keys.withUnsafeBufferPointer { keys in
                values.withUnsafeBufferPointer { values in
                    relation.backward(
                        qkv: qkv,
                        lesson: AttentionStates(
                            queries: queries.baseAddress!, keys: keys.baseAddress!, values: values.baseAddress!,
                            queryWidth: taughtWidth, kvWidth: taughtKV), factor: 1, addingTo: gradient, work)
                }
            }
        }
        #expect(abs(loss - (try #require(json["loss"]?.doubleValue))) < 1e-5 * loss)
        start = 0
        for (kind, columns) in [width, kvWidth, kvWidth].enumerated() {
            let found = (0..<rows * columns).map { index in
                work.arena[gradient][index / columns * all + start + index % columns]
            }
            #expect(Self.close(found, TorchFixture.numbers(json["gradients"]?.arrayValue?[kind]), 1e-4), "\(kind)")
            start += columns
        }
    }

    /// Teacher, weights and temperature of a whole model in float64; without recomputation and with.
    @Test(arguments: [false, true]) func gradientsAreDifferences(recomputes: Bool) throws {
        let (rows, vocabulary) = (12, 19)
        var shape = ModelShape(
            layerCount: 2, hiddenSize: 16, feedForwardSize: 24, headCount: 4, kvHeadCount: 2,
            vocabularySize: vocabulary, contextLength: 6)
        shape.architecture = .bitnet
        let plan = DistillationPlan(
            usesLogits: true,
            relation: .init(layer: 1, heads: 2, teacherQueryWidth: 12, teacherKVWidth: 4))
        let model = try TrainableModel<Double>(
            shape, windows: 2, tokensPerWindow: 6, recomputing: recomputes, distilling: plan,
            team: ThreadTeam(threads: 2))
        model.parameters.initialize(seed: 3, deviation: 0.3)
        var weights = DistillationWeights()
        (weights.crossEntropy, weights.forward, weights.reverse) = (0.7, 0.4, 0.3)
        (weights.attention, weights.temperature) = (0.9, 1.7)
        let tokens = TorchFixture.tokens(1, count: rows, vocabulary: UInt64(vocabulary))
        var targets = TorchFixture.tokens(2, count: rows, vocabulary: UInt64(vocabulary))
        targets[4] = -1
        let teacher: [Double] = Self.numbers(7, rows * vocabulary, 3)
        let states: [Double] = Self.numbers(8, rows * 20, 1)
        let factor = 1 / Double(rows)
        func loss() throws -> Double {
            try states.withUnsafeBufferPointer { states in
                let lesson = Lesson<Double>(
                    weights: weights, teacherTemperature: weights.temperature,
                    fill: { first, count, _, target in
                        for index in 0..<count * vocabulary { target[index] = teacher[first * vocabulary + index] }
                    },
                    states: AttentionStates(
                        queries: states.baseAddress!, keys: states.baseAddress! + rows * 12,
                        values: states.baseAddress! + rows * 16, queryWidth: 12, kvWidth: 4))
                let (nats, taught) = try model.accumulate(
                    tokens: tokens, targets: targets, weights: .init(factor: factor), lesson: lesson)
                let square = weights.temperature * weights.temperature
                let divergences = weights.forward * taught.forward + weights.reverse * taught.reverse
                // Two windows, each a mean over its tokens.
                return factor * (weights.crossEntropy * nats + square * divergences)
                    + weights.attention * taught.attention / 2
            }
        }
        model.parameters.clearGradients()
        _ = try loss()
        let gradients = Array(model.parameters.gradients.buffer)
        var random = RandomSource(seed: 5)
        for parameter in model.parameters.layout.parameters {
            let size = (gradients[parameter.range].reduce(0) { $0 + $1 * $1 } / Double(parameter.count)).squareRoot()
            for _ in 0..<6 {
                let index = parameter.offset + Int(random.next() % UInt64(parameter.count))
                let (value, step) = (model.parameters.weights[index], 2e-5)
                func moved(_ distance: Double) throws -> Double {
                    model.parameters.weights[index] = value + distance
                    model.parameters.weightsChanged()
                    return try loss()
                }
                let difference = (try moved(step) - moved(-step)) / (2 * step)
                model.parameters.weights[index] = value
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
