import TerseModel

/// What to generate: a prompt in tokens, how to choose the next ones, and when to stop.
public struct GenerationRequest: Sendable {
    public var prompt: [Int32]
    public var policy: SamplingPolicy
    /// The most tokens to generate; nil: until the context is full.
    public var maxTokens: Int?
    /// Texts that end the generation and are not part of it.
    public var stopStrings: [String] = []
    /// Goes on after the model's end-of-text tokens, for measurements.
    public var ignoresEndOfText = false
    /// Whether the text goes on where the prompt's ends, so that a space between the two is kept; an answer begins anew.
    public var continuesPrompt = true
    /// How many of the most probable tokens are told with each that is chosen, and its own probability; nil: none is told.
    public var logProbabilities: Int?
    /// Whether the ids of chosen tokens are told as they come.
    public var reportsTokens = false
    /// Whether the event `embedding` tells what the model made of the prompt; nothing of it comes from the cache then.
    public var embedsPrompt = false
    /// From which token of the prompt on, 1 at least, the event `score` tells how probable the model finds them; nothing comes
    /// from the cache then, and nothing is generated.
    public var scoresFrom: Int?
    /// What the chosen tokens must obey.
    public var constraint: (any TokenConstraint)?
    /// The most tokens guessed at in a step where they stood in the text before, and checked together; the text is the same
    /// as without. 0: none.
    public var guessesMax = 0
    /// Tokens that were generated for this request before, by an engine that is gone: what follows is what would have
    /// followed there. They count as generated; their text is told again before what follows, they themselves in the summary
    /// alone. Give the seed that was in use.
    public var generated: [Int32] = []
    /// Whose request this is, for fair shares; only requests of one owner share what the cache holds.
    public var tenant = Submission.nobody
    /// Greater is more urgent, in `SchedulerLimits.prioritySpan`.
    public var priority = 0
    /// How long after it came it ends, finished or not.
    public var timeout: Duration?
    /// How long before it was submitted it came: so much it has waited already.
    public var elapsed = Duration.zero
    /// Whether an engine that is gone had taken it: others that came meanwhile do not keep it out.
    public var wasAccepted = false

    public init(prompt: [Int32], policy: SamplingPolicy = SamplingPolicy(), maxTokens: Int? = nil) {
        self.prompt = prompt
        self.policy = policy
        self.maxTokens = maxTokens
    }

    /// Tokens that wait with it.
    var tokenCount: Int { prompt.count + generated.count }

    public static let stopStringCountMax = 64
    public static let stopStringBytesMax = 4096
    public static let guessesLimit = 64
    public static let timeoutMax = Duration.seconds(7 * 24 * 3600)

    /// - Throws: `EngineError` (`badRequest`) naming the parameter and both sides of the mismatch.
    func validate(vocabularySize: Int) throws(EngineError) {
        guard !prompt.isEmpty else {
            throw EngineError(.badRequest, "the prompt has no tokens: this model's tokenizer adds none of its own")
        }
        for (position, token) in (prompt + generated).enumerated() where token < 0 || Int(token) >= vocabularySize {
            throw EngineError(
                .badRequest,
                "token at position \(position): expected an id from 0 to \(vocabularySize - 1), found \(token)")
        }
        if let scoresFrom, !(1..<max(prompt.count, 1)).contains(scoresFrom) || embedsPrompt || !generated.isEmpty {
            throw EngineError(
                .badRequest, "scores: expected a token behind the first of \(prompt.count), found \(scoresFrom)")
        }
        do { try policy.validate(vocabularySize: vocabularySize) } catch {
            throw EngineError(.badRequest, error.message)
        }
        if let logProbabilities, !(0...LogProbabilities.topCountMax).contains(logProbabilities) {
            throw EngineError(
                .badRequest,
                "logarithmic probabilities: expected 0…\(LogProbabilities.topCountMax), found \(logProbabilities)")
        }
        guard (0...Self.guessesLimit).contains(guessesMax) else {
            throw EngineError(
                .badRequest, "tokens guessed at: expected 0…\(Self.guessesLimit), found \(guessesMax)")
        }
        if let timeout, !(Duration.zero...Self.timeoutMax).contains(timeout) {
            throw EngineError(.badRequest, "timeout: expected 0 s…\(Self.timeoutMax), found \(timeout)")
        }
        guard elapsed >= .zero else {
            throw EngineError(.badRequest, "time since the request came: expected 0 s or more, found \(elapsed)")
        }
        guard generated.isEmpty || policy.seed != nil else {
            throw EngineError(.badRequest, "a request that goes on needs the seed that it began with")
        }
        if let maxTokens, maxTokens < generated.count {
            throw EngineError(
                .badRequest, "tokens to generate: expected \(generated.count) or more, found \(maxTokens)")
        }
        guard SchedulerLimits.prioritySpan.contains(priority) else {
            throw EngineError(.badRequest, "priority: expected \(SchedulerLimits.prioritySpan), found \(priority)")
        }
        guard stopStrings.count <= Self.stopStringCountMax else {
            throw EngineError(
                .badRequest, "stop strings: expected at most \(Self.stopStringCountMax), found \(stopStrings.count)")
        }
        for text in stopStrings where text.isEmpty || text.utf8.count > Self.stopStringBytesMax {
            throw EngineError(
                .badRequest, "stop strings: expected 1…\(Self.stopStringBytesMax) bytes, found \(text.utf8.count)")
        }
    }
}
