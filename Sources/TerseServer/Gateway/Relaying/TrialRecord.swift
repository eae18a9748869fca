/// What a stream that is compared took, by the gateway's clock, and what it said.
struct TrialRecord: Sendable {
    private let start: ContinuousClock.Instant
    private let isWanted: Bool
    private var firstToken: ContinuousClock.Instant?
    private var lastToken: ContinuousClock.Instant?
    /// Tokens that came with the first piece, and up to now.
    private var (firstCount, tokenCount) = (0, 0)
    /// Nil once they are more than is kept.
    private var events: String? = ""

    /// - Parameter start: when the request came.
    init(start: ContinuousClock.Instant, isWanted: Bool) { (self.start, self.isWanted) = (start, isWanted) }

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
    var answer: AnswerText? { isWanted ? events.map(AnswerText.events) : nil }
}
