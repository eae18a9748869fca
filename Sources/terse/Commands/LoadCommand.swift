import ArgumentParser
import TerseEngine
import TerseJSON
import TerseProfiling

/// `terse load`: what clients of an engine wait for.
struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Measure what clients wait for under a synthetic load.",
        discussion: """
            So many clients, each of which asks again as soon as it has its answer, of an engine as a server has it, with
            what `terse tune` found. The gateway, which adds less than a millisecond, is not in it.

            Examples:
              terse load novels@candidate --streams 8 --requests 200
              terse load model.gguf --text emma.md --prompt 500 --generate 50 --json
            """)

    @Argument(help: ModelOptions.help)
    var model: String

    @Option(help: ArgumentHelp("Clients.", valueName: "N"))
    var streams = 4

    @Option(help: ArgumentHelp("Requests of all clients together.", valueName: "N"))
    var requests = 40

    @Option(help: ArgumentHelp("Tokens of each prompt.", valueName: "N"))
    var prompt = 128

    @Option(help: ArgumentHelp("Tokens of each answer, 2 at least.", valueName: "N"))
    var generate = 32

    @Option(help: ArgumentHelp("A UTF-8 file that prompts are cut from (default: tokens by chance).", valueName: "F"))
    var text: String?

    @OptionGroup var reading: ReadingOptions
    @OptionGroup var engine: EngineArguments

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        try Self.check("--streams", streams, from: 1, to: 1024)
        try Self.check("--requests", requests, from: streams, to: 1_000_000)
        try Self.check("--prompt", prompt, from: 1, to: BenchCommand.sizeMax)
        try Self.check("--generate", generate, from: 2, to: BenchCommand.sizeMax)
    }

    func run() async throws {
        let written = try text.map { path in
            let text = try TextInput.read(path)
            guard !text.isEmpty else { throw CommandError("\(TextInput.name(of: path)): expected text, found none") }
            return text
        }
        let file = try reading.open(model)
        let tuned = TunedStart(file, given: engine.given, engine.tuning)
        let loaded = try LoadedModel(model, file)
        let draft = try engine.draft.path.map { try LoadedModel($0, reading) }
        let served = try Engine(
            model: loaded.model, tokenizer: loaded.tokenizer,
            draft: draft.map { DraftModel(model: $0.model, tokenizer: $0.tokenizer) },
            options: engine.options(tuned.options))
        guard prompt + generate <= served.positionsMax else {
            throw CommandError(
                "--prompt and --generate: expected at most \(served.positionsMax) tokens together, which the model takes, "
                    + "found \(prompt) and \(generate)")
        }
        tuned.note()
        let test = LoadTest(
            streams: streams, requests: requests, promptTokens: prompt, outputTokens: generate,
            text: written.map { loaded.tokenizer.encode($0) } ?? [])
        let result = try await LoadProgress.follow(requests) { try await test.run(on: served, progress: $0) }
        let report = LoadReport(
            test: test, result: result, residentBytes: ProcessMemory.residentBytes, tuned: tuned.options)
        try json ? StandardOutput.writeLine(report.json.serialized()) : StandardOutput.write(report.text)
    }
}
