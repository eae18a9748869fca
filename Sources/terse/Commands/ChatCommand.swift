import ArgumentParser
import TerseEngine

/// `terse chat`: a conversation on the terminal.
struct ChatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talk with a model.",
        discussion: """
            Uses the model's chat template, or ChatML where it has none. The conversation stays in the KV cache, so each turn
            costs only its new tokens. Ctrl-C stops an answer, Ctrl-D leaves, /help lists the commands.

            Examples:
              terse chat model.gguf
              terse chat model.gguf --system "Answer in one sentence." --temperature 0.3
            """)

    @OptionGroup var source: ModelOptions

    @Option(parsing: .unconditional, help: ArgumentHelp("Instructions before the conversation.", valueName: "TEXT"))
    var system: String?

    @Option(
        name: [.customShort("n"), .customLong("tokens")],
        help: ArgumentHelp(
            "The most tokens of an answer (default: until it ends or the context is full).", valueName: "N"))
    var tokens: Int?

    @OptionGroup(title: "Sampling") var sampling: SamplingOptions
    @OptionGroup(title: "Memory and threads") var sequence: SequenceOptions
    @OptionGroup var compute: ThreadOptions
    @OptionGroup var tuning: TuningOptions
    @OptionGroup(title: "Speculation") var draft: DraftOptions

    /// Where answers vary a little, which conversations want.
    static let standardTemperature: Float = 0.7

    func validate() throws {
        try Self.check("--tokens", tokens, from: 1)
    }

    func run() throws {
        let start = try SequenceStart(source, sequence, compute, tuning)
        start.tuned.note()
        let (loaded, loop) = (start.loaded, try start.decodeLoop(draft: draft.load(source.reading.packing)))
        var session = ChatSession(
            loop: loop, prompt: try ChatPrompt(loaded), system: system,
            policy: sampling.policy(temperature: Self.standardTemperature), maxTokens: tokens,
            guessesMax: draft.guessesMax)
        StandardError.writeLine(
            "\(loaded.model.configuration.name?.printable ?? source.model), "
                + "\(loaded.model.configuration.contextLength) tokens of context; /help lists the commands")
        for line in loaded.file.description?.split(whereSeparator: \.isNewline) ?? [] {
            StandardError.writeLine(String(line).printable)
        }
        if loaded.file.chatTemplate == nil {
            StandardError.writeLine(
                "note: the model brings no chat template and is asked in ChatML, which it may never have seen; "
                    + "`terse run` goes on with a text")
        }
        try session.run()
    }
}
