import TerseEngine

/// Carries a generation's text to standard output as it comes, and ends the generation when nobody reads any more.
final class TextSink {
    /// The text so far.
    private(set) var text = ""
    private(set) var summary: GenerationSummary?
    private var failure: (any Error)?
    private let writes: Bool

    /// - Parameter writes: Whether text is written; it is kept in any case.
    init(writes: Bool = true) { self.writes = writes }

    /// Whether the user or the reader has had enough.
    var isCancelled: Bool { failure != nil || Interrupts.requested }

    func take(_ event: GenerationEvent) {
        switch event {
        case .prompt, .embedding, .score, .tokens: break
        case .text(let piece):
            text += piece
            guard writes, failure == nil else { return }
            do { try StandardOutput.write(piece) } catch { failure = error }
        case .finished(let summary): self.summary = summary
        }
    }

    /// - Throws: What went wrong with standard output.
    func checkWrites() throws {
        if let failure { throw failure }
    }
}
