import TerseModel
import TerseTokenizer

/// The state of one generation: what was chosen, what text it makes, when things happened. Times are readings of the
/// caller's clock. Belongs to one thread.
final class GenerationRun {
    let request: GenerationRequest
    private(set) var tokens: [Int32] = []
    /// The text of what was generated before.
    private(set) var retoldText = ""
    /// Why what was generated before was the end already.
    private(set) var endedBefore: GenerationSummary.Reason?
    /// What chooses, as it stands before the next token.
    private(set) var chooser: TokenChooser
    var reusedTokens = 0
    var lookup: PromptLookup
    /// How guesses fare at this text, by source.
    var lookupRecord = GuessRecord(by: .lookup, rate: HitRate.lookupPrior)
    var draftRecord: GuessRecord
    /// Of those in the step under way.
    var guessSource = GuessSource.lookup
    var pool = MeanPool()
    var scores = ScoreSum()
    private let tokensMax: Int
    private var detokenizer: StreamingDetokenizer
    /// Where the text of the last token of `text` begins, in bytes.
    private(set) var textStart = 0
    private var filter: StopStringFilter
    private let arrival: Duration
    private let start: Duration
    private var promptEnd: Duration?
    private var firstToken: Duration?

    /// - Parameters:
    ///   - tokensMax: the most that the request or its place allow.
    ///   - draftRate: how often a draft model's guesses are right in other texts.
    ///   - arrival: when the request was submitted; it is let in now.
    init(
        _ request: GenerationRequest, tokenizer: Tokenizer, vocabularySize: Int, tokensMax: Int,
        draftRate: Double = HitRate.draftPrior, arrival: Duration, now: Duration
    ) throws(EngineError) {
        self.request = request
        self.tokensMax = tokensMax
        self.arrival = arrival
        draftRecord = GuessRecord(by: .draft, rate: draftRate)
        start = now
        // A constraint says where the text may end, and may demand that it does.
        let ignoresEnd = request.ignoresEndOfText && request.constraint == nil
        do {
            chooser = TokenChooser(
                try Sampler(request.policy, vocabularySize: vocabularySize), request.constraint,
                endOfText: ignoresEnd ? [] : tokenizer.endOfTextIDs)
        } catch {
            throw EngineError(.badRequest, error.message)
        }
        lookup = PromptLookup(countMax: request.guessesMax)
        // The prompt's text is the user's already; the detokeniser only has to know how it ends.
        let before = request.continuesPrompt ? request.prompt : []
        detokenizer = StreamingDetokenizer(tokenizer, skipSpecial: true, after: before)
        filter = StopStringFilter(request.stopStrings)
        tokens.reserveCapacity(min(tokensMax, Self.reservedTokensMax))
        for token in request.prompt { chooser.read(token) }
        for token in request.generated {
            chooser.follow(token)
            tokens.append(token)
            guard !endsText(token) else {
                endedBefore = .endOfText
                continue
            }
            let output = self.text(of: token)
            retoldText += output.text
            if let stopString = output.stopString { endedBefore = .stopString(stopString) }
        }
    }

    private static let reservedTokensMax = 1 << 12

    func promptIsIn(at now: Duration) { promptEnd = promptEnd ?? now }

    var isFull: Bool { tokens.count >= tokensMax }

    /// Tokens that may still be chosen.
    var tokensLeft: Int { max(tokensMax - tokens.count, 0) }

    /// How many of the greatest logits decide a choice and what is told of it; nil: all of them may.
    var logitsWanted: Int? { request.logProbabilities == nil ? chooser.logitsWanted : nil }

    /// Chooses the next token from logits, which it changes; nil when a constraint says that the text is complete.
    func choose(
        from logits: UnsafeMutableBufferPointer<Float>, runner: ModelRunner, mask: TokenMask, at now: Duration
    ) throws(EngineError) -> Int32? {
        let choice: Int32?
        do throws(EngineError) { choice = try chooser.choose(from: logits, runner: runner, mask: mask) } catch {
            throw EngineError(
                error.code, "token at position \(request.prompt.count + tokens.count): \(error.message)")
        }
        guard let token = choice else { return nil }
        if firstToken == nil { firstToken = now }
        tokens.append(token)
        return token
    }

    func endsText(_ token: Int32) -> Bool { chooser.ends(token) }

    /// The text that may go out now that `token` is chosen, and the stop string that it completed; none for a token that ends
    /// the text.
    func text(of token: Int32) -> (text: String, stopString: String?) {
        textStart = detokenizer.byteCount
        guard !endsText(token) else { return ("", nil) }
        let (text, match) = filter.append(detokenizer.append(token))
        textStart = detokenizer.lastStart
        guard let match else { return (text, nil) }
        return (match.text, match.stopString)
    }

    /// What was held back, now that the generation ends for `reason`.
    func finishText(after reason: GenerationSummary.Reason) -> String {
        if case .stopString = reason { return "" }
        let (text, match) = filter.append(detokenizer.finish())
        return match?.text ?? (text + filter.finish())
    }

    /// Why the generation is over when as many tokens were chosen as may be.
    var fullReason: GenerationSummary.Reason {
        request.maxTokens.map { tokens.count >= $0 } ?? false ? .maxTokens : .contextFull
    }

    func summary(_ reason: GenerationSummary.Reason, at end: Duration) -> GenerationSummary {
        GenerationSummary(
            reason: reason, tokens: tokens, promptTokens: request.prompt.count, reusedTokens: reusedTokens,
            seed: chooser.seed, queueDuration: start - arrival, promptDuration: (promptEnd ?? end) - start,
            timeToFirstToken: firstToken.map { $0 - arrival },
            generationDuration: firstToken.map { end - $0 } ?? .zero)
    }
}
