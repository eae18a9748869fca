import TerseEngine
import TerseJSON

/// Makes the pieces of one choice's answer from what the engine tells of it.
struct ChoiceProgress: Sendable {
    let choice: Int
    private let head: AnswerHead
    private var parser: ToolCallParser?
    private var callCount = 0
    /// Takes the model's text, and knows how much of it came.
    private var placer = TokenPlacer()
    /// How many of its first bytes the client has the answer of already.
    private let answeredBytes: Int
    /// Tokens whose text has come and is not told yet.
    private var tokens: [AnswerDelta.Token] = []
    /// Tokens whose text has come.
    private var tokenCount: Int
    private var summary: GenerationSummary?

    /// - Parameters:
    ///   - parser: what finds calls of functions; nil: all is text.
    ///   - opening: the beginning of the answer that the model was given, of which the parser must know.
    ///   - answeredBytes: how much of the model's text is answered already.
    ///   - answeredTokens: the tokens that it was made of.
    init(
        choice: Int, head: AnswerHead, parser: ToolCallParser?, opening: String, answeredBytes: Int,
        answeredTokens: Int
    ) {
        self.choice = choice
        self.head = head
        self.parser = parser
        self.answeredBytes = answeredBytes
        tokenCount = answeredTokens
        if !opening.isEmpty { _ = self.parser?.append(opening) }
    }

    /// Whether the answer is at its end although the model may go on: it has the one call that was wanted.
    var hasEnded: Bool { parser?.hasEnded ?? false }

    /// How the generation went, once it is over.
    var outcome: ChoiceOutcome? {
        summary.map { ChoiceOutcome(summary: $0, answerTokens: hasEnded ? tokenCount : nil) }
    }

    /// What the engine tells of the choice; nil when nothing comes any more.
    ///
    /// An error behind the end of the answer is none of its: the model was only not stopped yet.
    /// - Throws: `APIError`.
    func event(of result: Result<GenerationEvent?, EngineError>) throws(APIError) -> GenerationEvent? {
        switch result {
        case .success(let event): return event
        case .failure(let error):
            guard hasEnded else { throw APIError(error) }
            return .finished(.untold)
        }
    }

    /// - Returns: nil when nothing is to be told yet.
    mutating func take(_ event: GenerationEvent) -> AnswerDelta? {
        switch event {
        case .prompt, .embedding, .score: return nil
        case .tokens(let more):
            placer.add(more)
            return nil
        case .text(let text): return take(text)
        case .finished(let summary): return finish(summary)
        }
    }

    private mutating func take(_ text: String) -> AnswerDelta? {
        var new = Substring(text)
        if placer.byteCount < answeredBytes {
            let old = text.utf8.prefix(answeredBytes - placer.byteCount)
            var nobody = AnswerDelta(choice: choice)
            parse(text[..<old.endIndex], into: &nobody)
            new = text[old.endIndex...]
            // Told by a worker before, they may have been chosen again.
            _ = placer.append(text[..<old.endIndex])
        }
        guard !new.isEmpty, !hasEnded else { return nil }
        var delta = AnswerDelta(choice: choice)
        new = parse(new, into: &delta)
        let placed = placer.append(new)
        tokens += placed
        tokenCount += placed.count
        guard !delta.text.isEmpty || !delta.calls.isEmpty else { return nil }
        complete(&delta)
        return delta
    }

    private mutating func finish(_ summary: GenerationSummary) -> AnswerDelta {
        self.summary = summary
        var delta = AnswerDelta(choice: choice)
        if var parser {
            add(parser.finish(), to: &delta)
            self.parser = parser
        }
        delta.finish = hasEnded ? .toolCalls : FinishReason(summary.reason, hasCalls: callCount > 0)
        let rest = hasEnded ? [] : placer.finish()
        if case .stopString = summary.reason { delta.hiddenTokens = rest.map(\.token.id) } else { tokens += rest }
        complete(&delta)
        return delta
    }

    /// - Returns: what of the text is part of the answer: all of it, unless that ends there.
    @discardableResult
    private mutating func parse(_ text: Substring, into delta: inout AnswerDelta) -> Substring {
        guard var parser else {
            delta.text += text
            return text
        }
        add(parser.append(String(text)), to: &delta)
        self.parser = parser
        return Substring(text.utf8.dropLast(parser.trailingBytes))
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
        (delta.tokens, delta.textBytes) = (tokens, placer.byteCount)
        tokens = []
    }
}
