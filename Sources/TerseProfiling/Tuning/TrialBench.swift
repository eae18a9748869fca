import TerseEngine
import TerseModel
import TerseTensor

/// Measures configurations of one model, one after the other, with the instruction set of this process.
///
/// Belongs to one thread.
public final class TrialBench {
    private let model: Model
    private let conditions: TuningConditions
    /// The benches used last, the newest last: the final comparison goes to and fro between two.
    private var kept: [Kept] = []

    private typealias Kept = (options: TunedOptions, bench: SpeedBench, tests: [SpeedTest])

    /// Benches that are kept, each of which has its own threads and memory: a budget is for one.
    private var keptMax: Int { conditions.memoryBudgetBytes == nil ? 2 : 1 }

    public init(_ model: Model, _ conditions: TuningConditions) {
        self.model = model
        self.conditions = conditions
    }

    /// Tokens of the prompt that is measured: of the longest step that is tried, as far as the model's context allows.
    public static func promptTokens(for goal: TuningGoal, context: Int) -> Int {
        let longest = goal.stepTokens.max() ?? SchedulerLimits().stepTokens
        return max(1, min(longest, context / 2))
    }

    /// The rates of a configuration, of one measurement each.
    /// - Throws: `ModelError`: `outOfMemory` where the memory budget cannot hold the configuration.
    public func measure(_ options: TunedOptions) throws -> TrialRates {
        let placement = options.processors.map { ThreadPlacement($0) }
        guard let placement else { return try run(options, nil) }
        return try placement.during { try run(options, placement) }
    }

    private func run(_ options: TunedOptions, _ placement: ThreadPlacement?) throws -> TrialRates {
        let found = kept.firstIndex { $0.options == options }
        let used = try found.map { kept.remove(at: $0) } ?? make(options, placement)
        kept.append(used)
        let results = try used.bench.run(
            repetitions: 1, seconds: conditions.testSeconds, warmsUp: found == nil, checkpoint: { _, _ in })
        let rates = results.map(\.median)
        return TrialRates(prompt: rates[0], generation: rates[1], streams: used.tests.count > 2 ? rates[2] : rates[1])
    }

    private func make(_ options: TunedOptions, _ placement: ThreadPlacement?) throws -> Kept {
        if kept.count == keptMax { kept.removeFirst() }
        let tests = tests(options)
        var base = RunnerOptions()
        base.maxRows = options.stepTokens ?? SchedulerLimits().stepTokens
        if let type = options.kvType { base.kvType = type }
        base.memoryBudgetBytes = conditions.memoryBudgetBytes
        let team = ThreadTeam(threads: options.threads, placement: placement)
        try checkServing(options)
        let runner = try ModelRunner(model, team: team, options: SpeedBench.options(for: tests, base: base))
        return (options, try SpeedBench(runner, tests: tests), tests)
    }

    private func tests(_ options: TunedOptions) -> [SpeedTest] {
        let together = min(conditions.streams, options.runningMax ?? .max)
        let (size, depth) = (conditions.generatedTokens, conditions.depth)
        let alone: [SpeedTest] = [.prompt(conditions.promptTokens), .generate(size, depth: depth)]
        return together > 1 ? alone + [.streams(together, of: size, depth: depth)] : alone
    }

    /// Whether a server within the budget has room for the configuration.
    private func checkServing(_ options: TunedOptions) throws {
        var engine = EngineOptions()
        engine.apply(options)
        engine.memoryBudgetBytes = conditions.memoryBudgetBytes
        _ = try engine.memoryPlan(for: model)
    }
}
