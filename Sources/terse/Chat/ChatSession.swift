import Foundation
import TerseChat
import TerseEngine
import TerseFormats
import TerseJSON
import TerseModel

/// The loop of a chat: a line from the user, an answer, and the messages between them.
struct ChatSession {
    private let loop: DecodeLoop
    private let prompt: ChatPrompt
    private let policy: SamplingPolicy
    private let maxTokens: Int?
    private let guessesMax: Int
    private var messages: [ChatMessage] = []
    private var reader = LineReader()

    private static let promptText = "> "
    private static let continuationText = "… "

    init(
        loop: DecodeLoop, prompt: ChatPrompt, system: String?, policy: SamplingPolicy, maxTokens: Int?, guessesMax: Int
    ) {
        self.loop = loop
        self.prompt = prompt
        self.policy = policy
        self.maxTokens = maxTokens
        self.guessesMax = guessesMax
        begin(system: system ?? "")
    }

    /// Talks until the user leaves.
    mutating func run() throws {
        while let line = try nextLine() {
            switch ChatLine(line) {
            case .nothing: continue
            case .message(let text): try answer(text)
            case .help: StandardError.write(ChatLine.helpText)
            case .reset:
                messages.removeAll { $0.role != "system" }
                loop.reset()
            case .system(let text):
                begin(system: text)
                loop.reset()
            case .save(let path): save(to: path)
            case .misspelled(let reason): StandardError.writeLine(reason)
            case .quit: return
            }
        }
    }

    private mutating func begin(system: String) {
        messages = system.isEmpty ? [] : [ChatMessage(role: "system", content: system)]
    }

    /// A line, joined with those that a backslash at its end announces. Nil at the end of the input.
    private mutating func nextLine() throws -> String? {
        var text = ""
        var sign = Self.promptText
        while true {
            StandardError.write(sign)
            switch reader.next() {
            case .end:
                StandardError.write("\n")
                if Interrupts.endsProcess { throw Interruption() }
                return text.isEmpty ? nil : text
            case .interrupted:
                StandardError.write("\n")
                (text, sign) = ("", Self.promptText)
            case .line(let line):
                guard line.hasSuffix("\\") else { return text + line }
                text += line.dropLast() + "\n"
                sign = Self.continuationText
            }
        }
    }

    private mutating func answer(_ text: String) throws {
        messages.append(ChatMessage(role: "user", content: text))
        let sink = TextSink()
        do {
            var request = GenerationRequest(prompt: try prompt.ids(for: messages), policy: policy, maxTokens: maxTokens)
            request.continuesPrompt = false
            request.stopStrings = prompt.stopStrings
            request.guessesMax = guessesMax
            try loop.generate(request, isCancelled: { sink.isCancelled }, emit: { sink.take($0) })
        } catch let error as EngineError where error.code == .promptTooLong {
            messages.removeLast()
            StandardError.writeLine("error: \(error.message); /reset begins anew, --context N makes room")
            return
        }
        try sink.checkWrites()
        try StandardOutput.write("\n")
        messages.append(ChatMessage(role: "assistant", content: sink.text))
        guard let summary = sink.summary else { return }
        if summary.reason == .cancelled {
            if Interrupts.endsProcess { throw Interruption() }
            Interrupts.clear()
            StandardError.writeLine("[stopped]")
        }
        if summary.reason == .contextFull {
            StandardError.writeLine("[the context is full: /reset begins anew, --context N makes room]")
        }
        StandardError.writeLine("[\(summary.line)]")
    }

    private func save(to path: String) {
        let value: JSONValue = ["messages": .array(messages.map { .object($0.fields) })]
        var existing = stat()
        guard stat(path, &existing) != 0 || existing.st_mode & S_IFMT == S_IFREG else {
            StandardError.writeLine("error: \(path.printable): exists and is no regular file")
            return
        }
        do throws(FormatError) {
            let file = try OutputFile(path: path)
            try file.write(Array((value.serialized(pretty: true) + "\n").utf8))
            try file.commit()
            StandardError.writeLine("saved \(messages.count) messages to \(path.printable)")
        } catch {
            StandardError.writeLine("error: \(error.message.printable)")
        }
    }
}
