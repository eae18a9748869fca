import TerseFormats
import TerseModel
import TerseTensor
import TestSupport
import Testing

@testable import TerseProfiling

@Suite struct TrialBenchTests {
    private func bench(_ change: (inout TuningConditions) -> Void = { _ in }) throws -> TrialBench {
        var conditions = TuningConditions()
        (conditions.budgetSeconds, conditions.promptTokens, conditions.generatedTokens) = (1, 64, 2)
        change(&conditions)
        return TrialBench(try Model(try ModelFile.open(TestData.shippedStories)), conditions)
    }

    @Test func everyConfigurationIsMeasured() throws {
        let bench = try bench()
        var (threads, step, placed) = (TunedOptions(), TunedOptions(), TunedOptions())
        (threads.threads, threads.kvType) = (1, .int8)
        (step.stepTokens, step.runningMax) = (256, 4)
        placed.processors = ProcessorList(ProcessorBudget.allowedProcessors().sorted().prefix(1))
        placed.threads = 1
        for options in [TunedOptions(), threads, TunedOptions(), step, placed, threads] {
            let rates = try bench.measure(options)
            #expect(rates.prompt > 0 && rates.generation > 0 && rates.streams > 0, "\(options.text)")
        }
        let alone = try self.bench { $0.streams = 1 }
        let rates = try alone.measure(TunedOptions())
        #expect(rates.streams == rates.generation)
    }

    @Test func theMemoryBudgetIsKept() throws {
        let bench = try bench { $0.memoryBudgetBytes = 4_000_000 }
        _ = try bench.measure(TunedOptions())
        var large = TunedOptions()
        large.stepTokens = 4096
        let error = #expect(throws: ModelError.self) { try bench.measure(large) }
        #expect(error?.code == .outOfMemory)
    }

    @Test func promptsFitTheContext() {
        #expect(TrialBench.promptTokens(for: .throughput, context: 4096) == 512)
        #expect(TrialBench.promptTokens(for: .latency, context: 4096) == 128)
        #expect(TrialBench.promptTokens(for: .throughput, context: 128) == 64)
        #expect(TrialBench.promptTokens(for: .throughput, context: 1) == 1)
    }
}
