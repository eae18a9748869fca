import TerseEngine
import TerseFormats
import TerseModel
import TerseProfiling

/// How one sequence runs: as the options say, and as was tuned where they say nothing.
///
/// The length of steps and the number of requests at once stay: they were measured for a server.
struct SequenceStart {
    let loaded: LoadedModel
    let tuned: TunedStart
    private let runnerOptions: RunnerOptions
    private let engine: EngineOptions

    /// Loads the model.
    /// - Throws: as `LoadedModel`.
    init(
        _ source: ModelOptions, _ sequence: SequenceOptions, _ compute: ThreadOptions, _ tuning: TuningOptions
    ) throws {
        var given = TunedOptions()
        (given.threads, given.processors, given.kvType) = (compute.threads, tuning.processors, sequence.cache.kvType)
        let start = ContinuousClock.now
        let file = try source.open()
        var tuned = TunedStart(file, given: given, tuning)
        tuned.keepForOneSequence()
        self.tuned = tuned
        loaded = try LoadedModel(source.model, file, since: start)
        var engine = EngineOptions()
        engine.apply(tuned.options)
        engine.apply(given)
        self.engine = engine
        var options = sequence.runnerOptions
        if given.kvType == nil { options.kvType = engine.kvType }
        runnerOptions = options
    }

    /// Takes the memory that generating needs.
    func decodeLoop(draft: DraftModel?) throws -> DecodeLoop {
        try loaded.decodeLoop(
            runnerOptions, draft: draft, threads: engine.teamThreads, placement: engine.placement)
    }
}
