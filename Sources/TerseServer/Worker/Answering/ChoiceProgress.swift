import TerseEngine
import TerseJSON

/// Makes the pieces of one choice's answer from what the engine tells of it.
struct ChoiceProgress: Sendable {
    let choice: Int
    private let head: AnswerHead
    private var parser: ToolCallParser?
    private var callCount = 0
    /// Bytes of the model's text that were taken.
    private var textBytes = 0
    /// How many of the first of them the client has the answer of already.
    private let answeredBytes: Int
    /// Tokens whose text has not come out yet.
    private var tokens: [GeneratedToken] = []
    private(set) var summary: GenerationSummary?

    /// - Parameters:
    ///   - parser: what finds calls of functions; nil: all is text.
    ///   - opening: the beginning of the answer that the model was given, of which the parser must know.
    ///   - answeredBytes: how much of the model's text is answered already.
    init(choice: Int, head: AnswerHead, parser: ToolCallParser?, opening: String, answeredBytes: Int) {
        self.choice = choice
        self.head = head
        self.parser = parser
        self.answeredBytes = answeredBytes
        if !opening.isEmpty { _ = self.parser?.append(opening) }
    }

    /// - Returns: nil when nothing is to be told yet.
    mutating func take(_ event: GenerationEvent) -> AnswerDelta? {
        switch event {
        case .prompt, .embedding: return nil
        case .tokens(let more):
            tokens += more
            return nil
        case .text(let text): return take(text)
        case .finished(let summary):
            self.summary = summary
            var delta = AnswerDelta(choice: choice)
            if var parser {
                add(parser.finish(), to: &delta)
                self.parser = parser
            }
            delta.finish = FinishReason(summary.reason, hasCalls: callCount > 0)
            complete(&delta)
            return delta
        }
    }

    private mutating func take(_ text: String) -> AnswerDelta? {
        var new = Substring(text)
        if textBytes < answeredBytes {
            let old = text.utf8.prefix(answeredBytes - textBytes)
            var nobody = AnswerDelta(choice: choice)
            parse(text[..<old.endIndex], into: &nobody)
            new = text[old.endIndex...]
            textBytes += old.count
        }
        guard !new.isEmpty else { return nil }
        var delta = AnswerDelta(choice: choice)
        parse(new, into: &delta)
        textBytes += new.utf8.count
        guard !delta.text.isEmpty || !delta.calls.isEmpty else { return nil }
        complete(&delta)
        return delta
    }

    private mutating func parse(_ text: Substring, into delta: inout AnswerDelta) {
        guard var parser else {
            delta.text += text
            return
        }
        add(parser.append(String(text)), to: &delta)
        self.parser = parser
    }

    private mutating func add(_ pieces: [ToolCallPiece], to delta: inout AnswerDelta) {
        for piece in pieces {
            switch piece {
            case .text(let text): delta.text += text
            case .call(let name):
                delta.take(
                    AnswerDelta.Call(
                        index: callCount, id: head.callID(choice: choice, index: callCount), name: name))
                callCount += 1
            case .arguments(let more): delta.take(AnswerDelta.Call(index: callCount - 1, arguments: more))
            }
        }
    }

    private mutating func complete(_ delta: inout AnswerDelta) {
        (delta.tokens, delta.textBytes) = (tokens, textBytes)
        tokens = []
    }
}
