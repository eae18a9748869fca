import ArgumentParser
import Foundation
import TerseJSON
import TerseModel
import TerseProfiling
import TerseTensor

/// `terse tune`: how a model runs fastest on this host.
struct TuneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune",
        abstract: "Find out how a model runs fastest on this host, for serve, run and chat.",
        discussion: """
            Tries numbers of threads and where they run, instruction sets and lengths of steps: many configurations for a
            short time, the better half of them for longer, and so on, at last the best against the defaults in turn. Only
            if it is faster without doubt, it is used from then on, for all models of this shape on hosts like this one;
            else the defaults are. What models compute is the same; --kv-types also tries what changes it a little.

            Done once: it counts until the program or the host changes. Give the host nothing else to do meanwhile.

            Examples:
              terse tune novels@production
              terse tune model.gguf --for throughput --streams 16 --budget 300
              terse tune model.gguf --dry-run
              terse tune model.gguf --show
            """)

    @Argument(help: ModelOptions.help)
    var model: String

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "What is to be fast: latency (one client), throughput (many together) or balanced.", valueName: "GOAL"))
    var goal = TuningGoal.balanced

    @Option(help: ArgumentHelp("Sequences that generate at once.", valueName: "N"))
    var streams = TuningConditions().streams

    @Option(help: ArgumentHelp("About how long it may take.", valueName: "SECONDS"))
    var budget = TuningConditions().budgetSeconds

    @Option(help: ArgumentHelp("Try no more threads (default: the processors in reach).", valueName: "N"))
    var threadsMax: Int?

    @Option(
        help: ArgumentHelp(
            "Try these types of keys and values, too: f16,int8. Other than f16 they change results.", valueName: "T,…"))
    var kvTypes: KVTypeList?

    @Option(help: ArgumentHelp("Tokens that are in the cache before a sequence generates.", valueName: "N"))
    var depth = 0

    @OptionGroup var memory: MemoryOption
    @OptionGroup var packing: PackingOption

    @Flag(help: "Show what would be tried, and measure nothing.")
    var dryRun = false

    @Flag(help: "Show what is stored, and measure nothing.")
    var show = false

    @Flag(help: "Tune again, although there is a tuning that counts.")
    var force = false

    @Flag(help: "Print the tuning, or what would be tried, as JSON.")
    var json = false

    func validate() throws {
        try Self.check("--streams", streams, from: 1, to: TuningConditions.streamsMax)
        try Self.check("--threads-max", threadsMax, from: 1, to: ThreadTeam.threadCountMax)
        try Self.check("--depth", depth, from: 0, to: TuningConditions.depthMax)
        guard TuningConditions.budgetSeconds.contains(budget) else {
            let range = TuningConditions.budgetSeconds
            throw ValidationError(
                "--budget must be from \(range.lowerBound) to \(range.upperBound) seconds, found \(budget)")
        }
        guard [dryRun, show, force].count(where: { $0 }) <= 1 else {
            throw ValidationError("give at most one of --dry-run, --show and --force")
        }
    }

    func run() throws {
        // Pinned, since it is opened once more for each instruction set, wherever an alias may have moved to meanwhile.
        let path = try ModelPath.pin(model).path
        let file = try packing.open(path)
        let (shape, host) = (try ModelShape(file), TuningHost.current)
        let (program, store) = (
            ProgramIdentity(version: Terse.programVersion), TuningStore(home: HomeOption.standardDirectory)
        )
        let finding = store.find(shape, on: host, by: program, reach: .inReach)
        if show { return try showStored(finding) }
        let conditions = try conditions(ModelConfiguration(file))
        let candidates = candidates(conditions)
        if dryRun { return try showCandidates(candidates, conditions, host) }
        if case .usable(let record, let path) = finding, !force { return try sayThereIsOne(record, path) }
        note(finding)
        try store.prepare()
        let run = TuneRun(model: path, packing: packing, conditions: conditions, candidates: candidates)
        let record = TuningRecord(
            try run.search(), candidates, conditions: conditions, host: host, shape: shape, program: program,
            time: Date())
        try Interrupts.check()
        // What took minutes is neither lost where it cannot be kept, nor where it cannot be printed.
        let kept = Result { try store.save(record) }
        try json ? StandardOutput.writeLine(record.json.serialized()) : StandardOutput.write(record.text)
        StandardError.writeLine("kept in \(try kept.get().printable)")
    }

    private func conditions(_ configuration: ModelConfiguration) throws -> TuningConditions {
        var conditions = TuningConditions()
        let context = RunnerOptions().contextLength(for: configuration)
        (conditions.goal, conditions.streams, conditions.budgetSeconds) = (goal, streams, budget)
        (conditions.threadsMax, conditions.memoryBudgetBytes) = (threadsMax, memory.memory?.bytes)
        conditions.promptTokens = TrialBench.promptTokens(for: goal, context: context)
        conditions.generatedTokens = max(1, min(conditions.generatedTokens, context / 2))
        conditions.depth = depth
        try Self.check("--depth", depth, from: 0, to: max(context - conditions.generatedTokens - 1, 0))
        conditions.kvTypes = [.f16] + (kvTypes?.types ?? []).filter { $0 != .f16 }
        return conditions
    }

    private func candidates(_ conditions: TuningConditions) -> [TunedOptions] {
        let standard = InstructionSet.standard
        let isForced = ProcessInfo.processInfo.environment[InstructionSet.environmentVariable]?.isEmpty == false
        // The scalar kernels are there to compare others with: they are never faster.
        let others = InstructionSet.allCases.filter { $0.isSupported && $0 != .scalar && $0 != standard }
        let space = TuningSpace(
            topology: .current, budget: .current, instructionSets: [standard] + (isForced ? [] : others),
            conditions: conditions)
        return space.candidates
    }

    // MARK: What is said

    private func sayThereIsOne(_ record: TuningRecord, _ path: String) throws {
        StandardError.writeLine(
            "there is a tuning for \(record.conditions.goal.rawValue) that counts, \(path.printable); --show shows it, "
                + "--force makes another")
        if json { try StandardOutput.writeLine(record.json.serialized()) }
    }

    private func note(_ finding: TuningStore.Finding) {
        switch finding {
        case .outdated(let reason, _):
            StandardError.writeLine("note: what is stored does not count: \(reason.printable)")
        case .damaged(let reason, _): StandardError.writeLine("note: what is stored is damaged: \(reason.printable)")
        case .none, .usable: break
        }
        if let busy = HostDescription.loadAverage, busy >= 0.5 {
            StandardError.writeLine(
                "note: the host is busy with \(Quantity.figures(busy)) processes; what is found is best for a busy host"
            )
        }
    }

    private func showStored(_ finding: TuningStore.Finding) throws {
        switch finding {
        case .usable(let record, let path):
            StandardError.writeLine("from \(path.printable)")
            try json ? StandardOutput.writeLine(record.json.serialized()) : StandardOutput.write(record.text)
        case .none: throw CommandError("\(model.printable): no tuning is stored; without --show, terse tune makes one")
        case .outdated(let reason, let path), .damaged(let reason, let path):
            throw CommandError("\(path.printable): the tuning does not count: \(reason.printable)")
        }
    }

    private func showCandidates(
        _ candidates: [TunedOptions], _ conditions: TuningConditions, _ host: TuningHost
    ) throws {
        guard !json else {
            let object: JSONValue = [
                "host": host.json, "conditions": conditions.json, "candidates": .array(candidates.map(\.json)),
            ]
            return try StandardOutput.writeLine(object.serialized())
        }
        let lines = candidates.map(\.text).joined(separator: "\n")
        try StandardOutput.write("\(host.text.printable)\n\(Topology.current.text)\n\n\(lines)\n")
    }
}

extension TuningGoal: ExpressibleByArgument {}
