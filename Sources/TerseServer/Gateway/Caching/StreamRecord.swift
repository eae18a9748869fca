/// What a client was sent of a stream, kept while it may yet become an answer for others.
struct StreamRecord: Sendable {
    private var text: String?

    private static let bytesMax = 4 << 20
    /// What a stream that came to its end has in it, and no other: line breaks in texts are escaped.
    private static let ends = [
        "\n\n" + EventWriter.doneEvent, "\nevent: response.completed\n", "\nevent: response.incomplete\n",
    ]

    init(isWanted: Bool) { text = isWanted ? "" : nil }

    mutating func append(_ piece: String) {
        guard let before = text?.utf8.count else { return }
        if before + piece.utf8.count > Self.bytesMax {
            text = nil
        } else {
            text? += piece
        }
    }

    /// Nil when the stream was cut short, failed, or is too long.
    var answer: CachedAnswer? {
        guard let text, Self.ends.contains(where: { text.contains($0) }) else { return nil }
        return CachedAnswer(streams: true, text: text, usage: nil)
    }
}
