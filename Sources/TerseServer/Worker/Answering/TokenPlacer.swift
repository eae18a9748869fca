import TerseEngine

/// Finds the places of tokens in the text that they give, as both come: a token is told with the piece of text in which its own
/// begins, not while that may still turn out to be the beginning of a stop string.
struct TokenPlacer: Sendable {
    /// Bytes of the text up to now.
    private(set) var byteCount = 0
    /// Characters that have begun in it.
    private var characterCount = 0
    /// Tokens whose text has not come.
    private var waiting: [GeneratedToken] = []

    /// Tokens that were chosen, before any text that they give.
    mutating func add(_ tokens: [GeneratedToken]) { waiting += tokens }

    /// Takes more text.
    /// - Returns: the tokens whose text begins in it.
    mutating func append(_ text: Substring) -> [AnswerDelta.Token] {
        var placed: [AnswerDelta.Token] = []
        var next = 0
        for byte in text.utf8 {
            let isWithinCharacter = byte & 0xC0 == 0x80
            if !isWithinCharacter { characterCount += 1 }
            byteCount += 1
            while next < waiting.count, waiting[next].textStart < byteCount {
                placed.append(AnswerDelta.Token(waiting[next], offset: characterCount - 1))
                next += 1
            }
        }
        waiting.removeFirst(next)
        return placed
    }

    /// The text has ended.
    /// - Returns: the tokens that are left: those that gave no text, or none of what was told.
    mutating func finish() -> [AnswerDelta.Token] {
        defer { waiting = [] }
        return waiting.map { AnswerDelta.Token($0, offset: characterCount) }
    }
}
