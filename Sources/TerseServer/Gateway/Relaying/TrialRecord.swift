/// What a stream that is compared or learned from took, by the gateway's clock, and what it said.
struct TrialRecord: Sendable {
    private let start: ContinuousClock.Instant
    private let isWanted: Bool
    private var firstToken: ContinuousClock.Instant?
    private var lastToken: ContinuousClock.Instant?
    /// Tokens that came with the first piece, and up to now.
    private var (firstCount, tokenCount) = (0, 0)
    /// Nil where nobody wants them, or once they are more than is kept.
    private var events: String?

    /// - Parameters:
    ///   - start: when the request came.
    ///   - keepsAnswer: whether what it said is wanted, too.
    init(start: ContinuousClock.Instant, isWanted: Bool, keepsAnswer: Bool) {
        (self.start, self.isWanted) = (start, isWanted)
        events = keepsAnswer ? "" : nil
    }

    /// - Parameter tokenCount: how many there are up to now.
    mutating func take(_ text: String, tokenCount: Int) {
        guard isWanted else { return }
        if tokenCount > self.tokenCount {
            let now = ContinuousClock.now
            if firstToken == nil { (firstToken, firstCount) = (now, tokenCount) }
            (lastToken, self.tokenCount) = (now, tokenCount)
        }
        guard let events, events.utf8.count + text.utf8.count <= AnswerText.bytesMax else {
            self.events = nil
            return
        }
        self.events?.append(text)
    }

    /// Nil when no token came.
    var times: AnswerTimes? {
        guard let firstToken, let lastToken else { return nil }
        let more = tokenCount - firstCount
        return AnswerTimes(
            firstToken: start.duration(to: firstToken),
            perToken: more > 0 ? firstToken.duration(to: lastToken) / more : nil)
    }

    /// Nil where nobody wants it, or it is too long.
    var answer: AnswerText? { events.map(AnswerText.events) }
}
