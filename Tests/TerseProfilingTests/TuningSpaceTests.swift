import TerseEngine
import TerseJSON
import TerseTensor
import Testing

@testable import TerseProfiling

@Suite struct TuningSpaceTests {
    private func space(
        logical: Int, physical: Int, limit: Double? = nil, goal: TuningGoal = .balanced
    ) -> TuningSpace {
        var budget = ProcessorBudget.current
        (budget.logicalProcessors, budget.physicalCores, budget.cgroupLimit) = (logical, physical, limit)
        let processors = (0..<logical).map {
            Topology.Processor(number: $0, core: $0 % physical, cache: 0, node: 0, isIsolated: false, speed: 1)
        }
        var conditions = TuningConditions()
        (conditions.goal, conditions.streams, conditions.promptTokens) = (goal, 8, 512)
        return TuningSpace(
            topology: Topology(processors: processors), budget: budget, instructionSets: [.avx512, .avx2],
            conditions: conditions)
    }

    private func threads(_ space: TuningSpace) -> [Int] {
        space.candidates.filter { $0.changeCount == 1 }.compactMap(\.threads)
    }

    @Test func threadsAreTriedFromTheDefaultOn() {
        #expect(threads(space(logical: 8, physical: 4)) == [3, 8, 2, 1])
        #expect(threads(space(logical: 2, physical: 2)) == [1])
        #expect(threads(space(logical: 1, physical: 1)).isEmpty)
        #expect(space(logical: 1, physical: 1).candidates.first == TunedOptions())
    }

    @Test func limitsAreKept() {
        #expect(threads(space(logical: 64, physical: 32, limit: 3.5)) == [2, 1])
        #expect(threads(space(logical: 64, physical: 32, limit: 0.5)).isEmpty)
        var narrow = space(logical: 64, physical: 32)
        narrow.conditions.threadsMax = 4
        #expect(threads(narrow) == [4, 2, 1])
        let large = space(logical: 512, physical: 256, goal: .throughput).candidates
        #expect(large.count == TuningSpace.candidatesMax && Set(large).count == large.count)
    }

    /// The goal decides which steps and how many requests at once; types of keys and values only come when they are asked for.
    @Test func whatIsTriedIsWhatMayBeTried() {
        let latency = space(logical: 2, physical: 2, goal: .latency).candidates
        #expect(Set(latency.compactMap(\.stepTokens)) == [64] && latency.allSatisfy { $0.runningMax == nil })
        let throughput = space(logical: 2, physical: 2, goal: .throughput).candidates
        #expect(Set(throughput.compactMap(\.stepTokens)) == [256, 512])
        #expect(Set(throughput.compactMap(\.runningMax)) == [4])
        #expect(throughput.allSatisfy { $0.kvType == nil && $0.instructionSet != .avx512 })
        var withTypes = space(logical: 2, physical: 2)
        withTypes.conditions.kvTypes = [.f16, .int8]
        #expect(Set(withTypes.candidates.compactMap(\.kvType)) == [.int8])
        for options in throughput + latency + withTypes.candidates {
            var engine = EngineOptions()
            engine.apply(options)
            #expect(throws: Never.self) { try engine.limits.validate() }
        }
    }

    @Test func theSimplestComeFirst() {
        let counts = space(logical: 16, physical: 8).candidates.map(\.changeCount)
        #expect(counts == counts.sorted() && counts.first == 0)
    }

    @Test func weightsAddUp() {
        for goal in TuningGoal.allCases {
            let weights = goal.weights
            #expect(abs(weights.prompt + weights.generation + weights.streams - 1) < 1e-12)
            let double = TrialRates(prompt: 2, generation: 4, streams: 6).score(for: goal)
            let once = TrialRates(prompt: 1, generation: 2, streams: 3).score(for: goal)
            #expect(abs(double - once - 0.693_147_180_559_945_3) < 1e-12)
        }
    }

    @Test func optionsThatWereGivenCountMore() {
        var tuned = TunedOptions()
        (tuned.threads, tuned.processors) = (2, ProcessorList("0-1"))
        (tuned.stepTokens, tuned.runningMax, tuned.kvType, tuned.instructionSet) = (256, 96, .int8, .scalar)
        #expect(tuned.yielding(to: TunedOptions()) == tuned)
        func left(_ change: (inout TunedOptions) -> Void) -> TunedOptions {
            var given = TunedOptions()
            change(&given)
            return tuned.yielding(to: given)
        }
        #expect(left { $0.threads = 1 }.processors == nil && left { $0.processors = ProcessorList("0") }.threads == nil)
        #expect(left { $0.kvType = .f16 }.kvType == nil && left { $0.instructionSet = .scalar }.instructionSet == nil)
        // Steps have room for the requests that run, whichever of the two was given.
        #expect(left { $0.runningMax = 300 }.stepTokens == nil && left { $0.runningMax = 64 }.stepTokens == 256)
        #expect(left { $0.stepTokens = 64 }.runningMax == nil && left { $0.stepTokens = 128 }.runningMax == 96)
    }

    @Test func optionsAreReadAsTheyAreWritten() throws {
        let reach = ProcessorList([0, 1, 2])
        var options = TunedOptions()
        (options.threads, options.processors) = (3, ProcessorList("0,2"))
        (options.stepTokens, options.runningMax, options.kvType, options.instructionSet) = (256, 8, .int8, .scalar)
        let text = options.json.serialized()
        #expect(text == #"{"threads":3,"processors":"0,2","isa":"scalar","step":256,"running":8,"kv":"int8"}"#)
        #expect(try TunedOptions(JSONValue.parse(text), reach: reach) == options)
        let refused = [
            #"{"threads":4}"#, #"{"threads":0}"#, #"{"threads":"2"}"#, #"{"threads":1.5}"#, #"{"processors":"1-9"}"#,
            #"{"processors":""}"#, #"{"isa":"sse9"}"#, #"{"isa":"neon","threads":-1}"#, #"{"step":4097}"#,
            #"{"step":8}"#,
            #"{"step":256,"running":257}"#, #"{"running":129}"#, #"{"running":0}"#, #"{"kv":"f32"}"#, #"{"guesses":1}"#,
            "[]", "null", #"{"threads":9223372036854775807}"#,
        ]
        for text in refused {
            let error = #expect(throws: ProfilingError.self, "\(text)") {
                try TunedOptions(JSONValue.parse(text), reach: reach)
            }
            #expect(error?.code == .badTuning && error?.message.contains("expected") == true, "\(text)")
        }
    }
}
