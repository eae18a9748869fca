/// What a client was sent of a stream, kept while it may yet become an answer for others.
struct StreamRecord: Sendable {
    private var text: String?

    /// A stream that fails says so in its last event.
    private static let failure = "data: {\"error\""
    private static let bytesMax = 4 << 20

    init(isWanted: Bool) { text = isWanted ? "" : nil }

    mutating func append(_ piece: String) {
        guard let before = text?.utf8.count else { return }
        if before + piece.utf8.count > Self.bytesMax || piece.hasPrefix(Self.failure) {
            text = nil
        } else {
            text? += piece
        }
    }

    /// Nil when the stream was cut short, failed, or is too long.
    var answer: CachedAnswer? {
        guard let text, text.hasSuffix(EventWriter.doneEvent) || text.contains("event: response.completed\n") else {
            return nil
        }
        return CachedAnswer(streams: true, text: text, usage: nil)
    }
}
