import TerseModel
import TerseTokenizer

/// The state of one generation: what was chosen, what text it makes, when things happened.
struct GenerationRun {
    let request: GenerationRequest
    private(set) var tokens: [Int32] = []
    var sampler: Sampler
    var reusedTokens = 0
    private let endOfText: Set<Int32>
    private var detokenizer: StreamingDetokenizer
    private var filter: StopStringFilter
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var promptEnd: ContinuousClock.Instant?
    private var firstToken: ContinuousClock.Instant?

    init(_ request: GenerationRequest, tokenizer: Tokenizer, vocabularySize: Int) throws(EngineError) {
        self.request = request
        start = clock.now
        do {
            sampler = try Sampler(request.policy, vocabularySize: vocabularySize)
        } catch {
            throw EngineError(.badRequest, error.message)
        }
        endOfText = request.ignoresEndOfText ? [] : tokenizer.endOfTextIDs.union(request.stopTokens)
        detokenizer = StreamingDetokenizer(tokenizer, skipSpecial: true)
        filter = StopStringFilter(request.stopStrings)
        tokens.reserveCapacity(min(request.maxTokens ?? 256, 1 << 16))
    }

    mutating func acceptPrompt(_ token: Int32) {
        sampler.accept(token)
        // Its text is the user's already; the detokeniser only has to know that there was some.
        if request.continuesPrompt { _ = detokenizer.append(token) }
    }

    mutating func promptIsIn() { promptEnd = clock.now }

    mutating func choose(_ token: Int32) {
        if firstToken == nil { firstToken = clock.now }
        tokens.append(token)
        sampler.accept(token)
    }

    func endsText(_ token: Int32) -> Bool { endOfText.contains(token) }

    /// The text that may go out now that `token` is chosen, and the stop string that it completed.
    mutating func text(of token: Int32) -> (text: String, stopString: String?) {
        let (text, match) = filter.append(detokenizer.append(token))
        guard let match else { return (text, nil) }
        return (match.text, match.stopString)
    }

    /// What was held back, now that the generation ends for `reason`.
    mutating func finishText(after reason: GenerationSummary.Reason) -> String {
        if case .stopString = reason { return "" }
        let (text, match) = filter.append(detokenizer.finish())
        return match?.text ?? (text + filter.finish())
    }

    func summary(_ reason: GenerationSummary.Reason) -> GenerationSummary {
        let end = clock.now
        return GenerationSummary(
            reason: reason, tokens: tokens, promptTokens: request.prompt.count, reusedTokens: reusedTokens,
            seed: sampler.seed, promptDuration: start.duration(to: promptEnd ?? end),
            timeToFirstToken: firstToken.map { start.duration(to: $0) },
            generationDuration: firstToken.map { $0.duration(to: end) } ?? .zero)
    }
}
