import ArgumentParser
import TerseChat
import TerseEngine
import TerseFormats
import TerseTokenizer

/// `terse run`: one text from one prompt.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Print the text that a model generates from a prompt.",
        discussion: """
            Standard output carries the generated text and nothing else; statistics go to standard error. A model that
            brings a chat template answers the prompt as a user's message; --raw continues it as plain text instead.
            The most probable token is taken unless --temperature is above 0.

            Examples:
              terse run model.gguf -p "Once upon a time"
              terse run model.gguf -p "Why is the sky blue?" --temperature 0.7 --seed 1 -n 300
              terse run model.gguf --file prompt.txt --raw --quiet > answer.txt
            """)

    @OptionGroup var source: ModelOptions

    @Option(
        name: [.customShort("p"), .customLong("prompt")],
        parsing: .unconditional,
        help: ArgumentHelp("The prompt; an empty one starts from the beginning-of-text token alone.", valueName: "TEXT")
    )
    var prompt: String?

    @Option(help: ArgumentHelp("Read the prompt from a file; - is standard input.", valueName: "F"))
    var file: String?

    @Option(
        name: [.customShort("n"), .customLong("tokens")],
        help: ArgumentHelp(
            "The most tokens to generate (default: until the text ends or the context is full).", valueName: "N"))
    var tokens: Int?

    @Flag(help: "Continue the prompt as it stands, without a chat template.")
    var raw = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Instructions before the prompt; a model without a chat template is asked in ChatML.", valueName: "TEXT"))
    var system: String?

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("End at this text; may be repeated.", valueName: "TEXT"))
    var stop: [String] = []

    @Flag(help: "Go on after the end-of-text token.")
    var ignoreEnd = false

    @OptionGroup(title: "Sampling") var sampling: SamplingOptions
    @OptionGroup(title: "Memory and threads") var sequence: SequenceOptions
    @OptionGroup var compute: ThreadOptions
    @OptionGroup var tuning: TuningOptions
    @OptionGroup(title: "Speculation") var draft: DraftOptions

    @Flag(help: "Print text and statistics as JSON at the end.")
    var json = false

    @Flag(name: .shortAndLong, help: "No statistics.")
    var quiet = false

    func validate() throws {
        guard (prompt == nil) != (file == nil) else {
            throw ValidationError("give the prompt with either -p TEXT or --file F")
        }
        try Self.check("--tokens", tokens, from: 0)
        if raw && system != nil { throw ValidationError("--system is for chat templates, which --raw turns off") }
    }

    func run() throws {
        let text = try prompt ?? TextInput.read(file ?? TextInput.standardInput)
        let start = try SequenceStart(source, sequence, compute, tuning)
        if !quiet { start.tuned.note() }
        let (loaded, loop) = (start.loaded, try start.decodeLoop(draft: draft.load(source.reading.packing)))
        let request = try request(for: text, loaded)
        let sink = TextSink(writes: !json)
        try loop.generate(request, isCancelled: { sink.isCancelled }, emit: { sink.take($0) })
        try sink.checkWrites()
        try report(sink, loaded)
        try Interrupts.check()
    }

    private func request(for text: String, _ loaded: LoadedModel) throws -> GenerationRequest {
        let (ids, isAnswer) = try promptTokens(text, loaded)
        var request = GenerationRequest(prompt: ids, policy: sampling.policy(temperature: 0), maxTokens: tokens)
        request.stopStrings = stop
        request.ignoresEndOfText = ignoreEnd
        request.guessesMax = draft.guessesMax
        request.continuesPrompt = !isAnswer && !text.isEmpty
        return request
    }

    /// The prompt's ids, and whether what follows is an answer rather than the text going on.
    private func promptTokens(_ text: String, _ loaded: LoadedModel) throws -> (ids: [Int32], isAnswer: Bool) {
        let tokenizer = loaded.tokenizer
        guard system != nil || (!raw && !text.isEmpty && loaded.file.chatTemplate != nil) else {
            var ids = tokenizer.encode(text, addSpecial: true)
            if let eos = tokenizer.eosID, tokenizer.definition.addsEOS, ids.last == eos { ids.removeLast() }
            if ids.isEmpty, let bos = tokenizer.bosID { ids = [bos] }
            return (ids, false)
        }
        var messages = [ChatMessage(role: "user", content: text)]
        if let system { messages.insert(ChatMessage(role: "system", content: system), at: 0) }
        return (try ChatPrompt(loaded).ids(for: messages), true)
    }

    private func report(_ sink: TextSink, _ loaded: LoadedModel) throws {
        guard let summary = sink.summary else { return }
        if json { return try StandardOutput.writeLine(summary.json(text: sink.text).serialized()) }
        if StandardOutput.isTerminal && !sink.text.hasSuffix("\n") { StandardError.write("\n") }
        guard !quiet else { return }
        StandardError.writeLine(
            "ready in \(Quantity.seconds(loaded.loadTime / .seconds(1))), \(summary.line)")
    }
}
