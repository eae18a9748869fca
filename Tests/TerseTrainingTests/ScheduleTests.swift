import TerseTensor
import Testing

@testable import TerseTraining

/// Learning rates over a run, and gradients that make no step.
@Suite struct ScheduleTests {
    static func rates(_ schedule: Schedule, _ steps: Int...) -> [Double] { steps.map(schedule.rate(at:)) }

    @Test func courses() throws {
        let linear = try Schedule(.linear, stepCount: 110, warmUpSteps: 10, floor: 0.1)
        #expect(
            zip(Self.rates(linear, 0, 4, 9, 10, 60, 110), [0.1, 0.5, 1, 1, 0.55, 0.1]).allSatisfy {
                abs($0 - $1) < 1e-12
            })
        let cosine = try Schedule(.cosine, stepCount: 100, floor: 0.2)
        #expect(zip(Self.rates(cosine, 0, 50, 100), [1, 0.6, 0.2]).allSatisfy { abs($0 - $1) < 1e-12 })
        let stable = try Schedule(.wsd(decayFraction: 0.2), stepCount: 100)
        #expect(zip(Self.rates(stable, 0, 79, 80, 90, 100), [1, 1, 1, 0.5, 0]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(Self.rates(try Schedule(.constant, stepCount: 10), 0, 9) == [1, 1])
    }

    @Test func twoStagesDropAtTheMidpoint() throws {
        let schedule = try Schedule(.twoStage(secondPeak: 0.5), stepCount: 100)
        #expect(zip(Self.rates(schedule, 0, 49, 50, 99), [1, 0.51, 0.25, 0.005]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(schedule.weightDecay(at: 49) == 1 && schedule.weightDecay(at: 50) == 0)
        #expect(try Schedule(.linear, stepCount: 100).weightDecay(at: 99) == 1)
    }

    @Test func moreWarmUpThanStepsIsRefused() throws {
        #expect(throws: TrainingError.self) { try Schedule(.linear, stepCount: 0) }
        #expect(throws: TrainingError.self) { try Schedule(.linear, stepCount: 10, warmUpSteps: 11) }
    }

    /// A gradient that is not a number stops the step before any weight moves, and is named.
    @Test func badGradientsAreNamed() throws {
        let team = ThreadTeam(threads: 1)
        let layout = ParameterLayout(ModelGradientTests.shape(.bitnet, ties: true))
        let parameters = try ParameterSet<Float>(layout, isTernary: true)
        parameters.initialize(seed: 1)
        let before = Array(parameters.weights.buffer)
        let optimizer = try Optimizer(parameters, settings: OptimizerSettings(), team: team)
        let bad = layout.parameters[5]
        parameters.gradients[bad.offset + 3] = .nan
        let error = try #require(throws: TrainingError.self) { try optimizer.step() }
        #expect(error.code == .notFinite && error.message.contains(bad.name))
        #expect(Array(parameters.weights.buffer) == before)
    }
}
