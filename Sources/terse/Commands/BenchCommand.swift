import ArgumentParser
import TerseEngine
import TerseFormats
import TerseModel
import TerseProfiling
import TerseTensor
import TerseTraining

/// `terse bench`: how fast a model runs here, and how near to what the memory allows.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure prompt processing and generation against the machine's limit.",
        discussion: """
            Each test runs once to warm up, then all tests in turn, so often as --repetitions says; tokens/s is the median.
            A token reads all weights once, so the memory's read bandwidth, measured first, limits generation; prompts
            and streams share a reading between tokens. --synthetic makes a random model of a known shape, no download
            needed; but for its head (--head-cosine) it costs what a trained one does. --training takes whole steps of a
            recipe and says which share of the machine's matrix products they reach.

            Examples:
              terse bench model.gguf --prompt 128,512 --generate 64
              terse bench --synthetic bitnet-2b4t --type tq2_0 --threads 1,2 --json
              terse bench --synthetic llama-1b --type q4_0 --streams 1,4,16
              terse bench model.gguf --generate 64 --depth 0,4096
              terse bench --synthetic bitnet-0.7b --synthetic-output bitnet.gguf
              terse bench --training recipe.yaml --threads 1,2
            """)

    @Argument(help: "The model to measure, as for run.")
    var model: String?

    @OptionGroup var packing: PackingOption

    @Option(
        help: ArgumentHelp(
            "A random model of this shape: \(SyntheticShape.allValueStrings.joined(separator: ", ")).",
            valueName: "SHAPE"))
    var synthetic: SyntheticShape?

    @Option(
        help: ArgumentHelp(
            "Weight type of the random model (default: tq2_0 where it is ternary, else q8_0).", valueName: "T"))
    var type: ElementType?

    @Option(
        help: ArgumentHelp(
            """
            Give the random model a Q6_K head of its own in which the next token's row has this cosine with the hidden \
            state, such as 0.3; else no row stands out, and every logit is computed.
            """, valueName: "C"))
    var headCosine: Float?

    @Option(help: ArgumentHelp("Write the random model to a GGUF file instead of measuring it.", valueName: "FILE"))
    var syntheticOutput: String?

    @Option(
        help: ArgumentHelp(
            "Measure training instead: steps of a recipe for terse train, on random tokens.", valueName: "RECIPE"))
    var training: String?

    @Option(help: ArgumentHelp("Lengths of prompts (default: 512).", valueName: "N,…"))
    var prompt: IntegerList?

    @Option(help: ArgumentHelp("Numbers of tokens to generate (default: 128).", valueName: "N,…"))
    var generate: IntegerList?

    @Option(help: ArgumentHelp("Numbers of sequences that generate at once, each as many tokens.", valueName: "N,…"))
    var streams: IntegerList?

    @Option(help: ArgumentHelp("Tokens that are in the cache before a test begins (default: 0).", valueName: "N,…"))
    var depth: IntegerList?

    @Option(help: ArgumentHelp("Numbers of threads (default: the physical cores in reach).", valueName: "N,…"))
    var threads: IntegerList?

    @Option(name: .shortAndLong, help: ArgumentHelp("Measurements of each test.", valueName: "N"))
    var repetitions = 5

    @OptionGroup(title: "Memory") var cache: CacheOptions

    @Flag(help: "Print an array with an object for each test.")
    var json = false

    static let standardPrompt = 512
    static let standardGenerate = 128
    static let repetitionsMax = 1000
    /// Lengths and numbers of sequences.
    static let sizeMax = 1 << 20

    func validate() throws {
        guard [model != nil, synthetic != nil, training != nil].filter({ $0 }).count == 1 else {
            throw ValidationError("give either MODEL or --synthetic SHAPE or --training RECIPE")
        }
        if training != nil, prompt != nil || generate != nil || streams != nil || depth != nil {
            throw ValidationError("--prompt, --generate, --streams and --depth are no tests of --training")
        }
        if training != nil, cache.budget.memory != nil || cache.chunk != nil {
            throw ValidationError("--memory and --chunk are for models that run; the recipe says how --training works")
        }
        if synthetic == nil {
            if type != nil { throw ValidationError("--type is for --synthetic; terse convert changes a model's type") }
            if headCosine != nil { throw ValidationError("--head-cosine needs --synthetic SHAPE") }
            if syntheticOutput != nil { throw ValidationError("--synthetic-output needs --synthetic SHAPE") }
        }
        if let headCosine, !(0...1).contains(headCosine) {
            throw ValidationError("--head-cosine: expected a number from 0 to 1, found \(headCosine)")
        }
        try Self.check("--repetitions", repetitions, from: 1, to: Self.repetitionsMax)
        for threads in threads?.values ?? [] { try ThreadOptions.check(threads) }
        for (name, list) in [("--prompt", prompt), ("--generate", generate), ("--streams", streams)] {
            for size in list?.values ?? [] { try Self.check(name, size, from: 1, to: Self.sizeMax) }
        }
        for depth in depth?.values ?? [] { try Self.check("--depth", depth, from: 0, to: Self.sizeMax) }
        if headCosine != nil, depth?.values.contains(where: { $0 > 0 }) == true {
            throw ValidationError("--head-cosine knows what follows an empty cache, not what follows --depth tokens")
        }
    }

    func run() throws {
        if let training { return try benchTraining(training) }
        if let synthetic, let syntheticOutput { return try write(synthetic, to: syntheticOutput) }
        let teams = teams
        // Before the model takes its memory.
        let bandwidths = try teams.map { try ReadBandwidth.measure(team: $0) }
        let (model, loadTime) = try load(teams[0])
        var groups: [BenchReport.Group] = []
        for (team, bandwidth) in zip(teams, bandwidths) {
            groups.append(
                BenchReport.Group(
                    threads: team.threadCount, readBandwidth: bandwidth, results: try measure(model, team)))
        }
        let report = BenchReport(
            modelName: model.configuration.name ?? model.path, weightBytes: model.weightBytes,
            loadSeconds: loadTime / .seconds(1), residentBytes: ProcessMemory.residentBytes, groups: groups)
        try json ? StandardOutput.writeLine(report.json.serialized()) : StandardOutput.write(report.text)
    }

    private var teams: [ThreadTeam] {
        (threads?.values.map { $0 as Int? } ?? [nil]).map { ThreadTeam(threads: $0) }
    }

    private func benchTraining(_ path: String) throws {
        let recipe = try TrainingRecipe.open(path)
        let groups = try teams.map { team in
            let title = "training with \(team.threadCount) threads"
            let speed = try ProgressBar.during(title, unit: .items("steps"), leavesLine: false) { report in
                try TrainingSpeed.measure(recipe, steps: repetitions, team: team, progress: report)
            }
            guard let speed else { throw Interruption() }
            return TrainingBenchReport.Group(threads: team.threadCount, speed: speed)
        }
        let report = TrainingBenchReport(name: recipe.name, groups: groups)
        try json ? StandardOutput.writeLine(report.json.serialized()) : StandardOutput.write(report.text)
    }

    /// Those asked for; where none is, a prompt and a generation of usual length.
    private var tests: [SpeedTest] {
        let prompts = prompt?.values ?? (generate == nil && streams == nil ? [Self.standardPrompt] : [])
        let sizes = generate?.values ?? (prompt == nil && streams == nil ? [Self.standardGenerate] : [])
        return (depth?.values ?? [0]).flatMap { depth in
            var tests = prompts.map { SpeedTest.prompt($0, depth: depth) }
            tests += sizes.map { SpeedTest.generate($0, depth: depth) }
            for size in generate?.values ?? [Self.standardGenerate] {
                tests += (streams?.values ?? []).map { SpeedTest.streams($0, of: size, depth: depth) }
            }
            return tests
        }
    }

    /// The time counts from a file on disk, or from random weights in memory, to a model that can run.
    private func load(_ team: ThreadTeam) throws -> (Model, Duration) {
        if let synthetic {
            let file = try make(synthetic, team)
            let start = ContinuousClock.now
            return (try Model(file), start.duration(to: .now))
        }
        let start = ContinuousClock.now
        return (try LoadedModel.model(packing.open(model ?? "")), start.duration(to: .now))
    }

    private func make(_ shape: SyntheticShape, _ team: ThreadTeam) throws -> ModelFile {
        let file = try SyntheticModel.make(shape: shape, type: type, team: team)
        guard let headCosine else { return file }
        let vocabulary = try ModelConfiguration(file).vocabularySize
        let first = SpeedBench.firstTokens(
            streams: streams?.values.max() ?? 1, vocabularySize: vocabulary)
        return try SyntheticModel.plantingHead(
            headCosine, in: file, after: first, length: generate?.values.max() ?? Self.standardGenerate, team: team)
    }

    private func write(_ shape: SyntheticShape, to path: String) throws {
        let team = ThreadTeam(threads: threads?.values.first)
        let file = try make(shape, team)
        let report = try Converter(file, options: ConversionOptions(type: nil))
            .write(to: path, team: team, titled: "writing")
        StandardError.writeLine("wrote \(path.printable), \(Quantity.bytes(report.byteCount)) of tensors")
    }

    private func measure(_ model: Model, _ team: ThreadTeam) throws -> [SpeedResult] {
        let options = SpeedBench.options(for: tests, base: cache.runnerOptions)
        let runner = try ModelRunner(model, team: team, options: options)
        let bench = try SpeedBench(runner, tests: tests)
        let title = "measuring with \(team.threadCount) threads"
        return try ProgressBar.during(title, unit: .items("runs"), leavesLine: false) { report in
            try bench.run(repetitions: repetitions) { done, total in
                guard report(done, total) else { throw Interruption() }
            }
        }
    }
}

extension SyntheticShape: ExpressibleByArgument {}
