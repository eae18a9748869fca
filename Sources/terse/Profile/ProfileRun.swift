import TerseEngine
import TerseEvaluation
import TerseJSON
import TerseModel
import TerseProfiling
import TerseRegistry
import TerseTelemetry
import TerseTensor

/// Measures all that a profile has. Nothing is kept here, so that Ctrl-C leaves nothing.
struct ProfileRun {
    let options: ProfileCommand
    let subject: LocatedVariant
    let parent: LocatedVariant?
    let text: ProfileText?
    let choice: ProfileChoice?

    /// What measures, as profiles name it.
    static let program = "terse \(Terse.programVersion)"

    func measure() throws -> Profile {
        let host = HostDescription.current
        let busy = HostDescription.loadAverage
        let meter = try meter(host)
        note(busy, meter)
        let loaded = try load(subject)
        let team = ThreadTeam(threads: options.evaluation.compute.threads)
        let window =
            options.context
            ?? min(EvalPerplexityCommand.standardContext, loaded.model.configuration.contextLength)
        // What may find the text too short comes first; the memory is read before another model is loaded.
        var figures = try text.map { try perplexity(of: loaded, on: $0, window: window) } ?? []
        let speed = try speed(of: loaded.model, team, meter)
        if let text, let parent { figures += try divergence(of: loaded, from: parent, on: text, window: window) }
        if let choice { figures += try accuracy(of: loaded, choice) }
        figures += speed
        figures.append(Profile.Figure(.loadTime, try loadTimes()))
        return Profile(
            host: host.kind, hostDetails: host.json.serialized(), textName: text?.name, textHash: text?.hash,
            parent: text == nil ? nil : parent?.reference, program: Self.program,
            conditions: conditions(team, window, busy, meter).serialized(), figures: figures)
    }

    private func load(_ variant: LocatedVariant) throws -> LoadedModel {
        try Interrupts.check()
        let start = ContinuousClock.now
        return try LoadedModel(variant.path, options.packing.open(variant.path), since: start)
    }

    private func meter(_ host: HostDescription) throws -> any EnergyMeter {
        if let model = options.powerModel?.model { return try EstimatingMeter(model) }
        return try RAPLMeter() ?? EstimatingMeter(.assumed(logicalProcessors: host.budget.logicalProcessors))
    }

    private func note(_ busy: Double?, _ meter: any EnergyMeter) {
        if let busy, busy >= 0.5 {
            StandardError.writeLine(
                "note: the host is busy with \(Quantity.figures(busy)) processes; speed and energy will be those of a busy host"
            )
        }
        if !meter.isMeasured, options.powerModel == nil {
            StandardError.writeLine(
                "note: energy is estimated from an assumption, since no RAPL counters can be read; --power-model says better"
            )
        }
    }

    // MARK: Measurements

    private func speed(of model: Model, _ team: ThreadTeam, _ meter: any EnergyMeter) throws -> [Profile.Figure] {
        let speed = SpeedProfile(
            batches: options.batches.values, promptTokens: options.prompt, generatedTokens: options.generate)
        var base = RunnerOptions()
        base.kvType = options.evaluation.kvType
        base.memoryBudgetBytes = options.evaluation.budget.memory?.bytes
        let runner = try ModelRunner(model, team: team, options: SpeedBench.options(for: speed.tests, base: base))
        let bench = try SpeedBench(runner, tests: speed.tests)
        let results = try ProgressBar.during("speed", unit: .items("measurements")) { report in
            try bench.run(
                repetitions: options.repetitions, seconds: SpeedProfile.repetitionSeconds,
                energy: { try meter.joules() }
            ) { done, total in
                guard report(done, total) else { throw Interruption() }
            }
        }
        let resident = Double(ProcessMemory.residentBytes)
        var figures = SpeedProfile.figures(results, energy: meter.isMeasured ? .measured : .estimated)
        if resident > 0 {
            figures.append(
                Profile.Figure(.residentMemory, batch: options.batches.values.max() ?? 1, .single(resident)))
        }
        return figures + [Profile.Figure(.weights, .single(Double(model.weightBytes)))]
    }

    private func perplexity(
        of loaded: LoadedModel, on text: ProfileText, window: Int
    ) throws -> [Profile.Figure] {
        let model = try options.evaluation.model(loaded.model, loaded.tokenizer, contextLength: window)
        var measure = Perplexity(window: window)
        measure.windowCountMax = options.windows
        let result = try options.evaluation.follow("perplexity", unit: "windows") { progress in
            try measure.measure(text.text, with: model, progress: progress)
        }
        return try QualityProfile.figures(result)
    }

    private func divergence(
        of loaded: LoadedModel, from parent: LocatedVariant, on text: ProfileText, window: Int
    ) throws -> [Profile.Figure] {
        let evaluation = options.evaluation
        let other = try load(parent)
        let model = try evaluation.model(loaded.model, loaded.tokenizer, contextLength: window)
        let reference = try evaluation.model(other.model, other.tokenizer, contextLength: window, beside: model)
        let result = try evaluation.follow("divergence", unit: "windows") { progress in
            try Divergence.between(
                reference: reference, other: model, text: text.text, window: window, windowCountMax: options.windows,
                progress: progress)
        }
        return try QualityProfile.figures(result)
    }

    private func accuracy(of loaded: LoadedModel, _ choice: ProfileChoice) throws -> [Profile.Figure] {
        let model = try options.evaluation.model(loaded.model, loaded.tokenizer, contextLength: nil)
        let measure = ChoiceEvaluation(itemCountMax: options.choiceLimit)
        let result = try options.evaluation.follow(choice.task.rawValue, unit: "questions") { progress in
            try measure.measure(choice.items, with: model, progress: progress)
        }
        return QualityProfile.figures(result)
    }

    /// Of a model whose file is in the page cache and whose weights are packed: it is loaded already.
    private func loadTimes() throws -> Interval {
        let count = options.repetitions
        return try ProgressBar.during("loading", unit: .items("times"), leavesLine: false) { report in
            let times = try (0..<count).map { index in
                guard report(index, count) else { throw Interruption() }
                return try load(subject).loadTime / .seconds(1)
            }
            return Interval.median(of: times)
        }
    }

    // MARK: Conditions

    private func conditions(
        _ team: ThreadTeam, _ window: Int, _ busy: Double?, _ meter: any EnergyMeter
    ) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("threads", JSONValue(team.threadCount)), ("kv", .string(options.evaluation.kvType.rawValue)),
            ("prompt_tokens", JSONValue(options.prompt)), ("generated_tokens", JSONValue(options.generate)),
            ("repetitions", JSONValue(options.repetitions)), ("load_average", busy.map { .number($0) } ?? .null),
            ("energy", Self.json(of: meter)),
        ]
        if text != nil {
            members.append(("window_tokens", JSONValue(window)))
            members.append(("windows_max", options.windows.map { JSONValue($0) } ?? .null))
        }
        if let choice {
            members.append(
                (
                    "choice",
                    [
                        "task": .string(choice.task.rawValue), "name": .string(choice.file.name),
                        "sha256": choice.file.sha256.map { .string($0) } ?? .null,
                        "questions_max": options.choiceLimit.map { JSONValue($0) } ?? .null,
                    ]
                ))
        }
        return .object(JSONObject(members))
    }

    private static func json(of meter: any EnergyMeter) -> JSONValue {
        switch meter {
        case let meter as RAPLMeter:
            ["source": "rapl", "zones": .array(meter.zoneNames.map { .string($0) })]
        case let meter as EstimatingMeter:
            [
                "source": "power_model", "idle_watts": .number(meter.model.idleWatts),
                "busy_processor_watts": .number(meter.model.busyProcessorWatts),
            ]
        default: .null
        }
    }
}
