import TerseModel

/// What to generate: a prompt in tokens, how to choose the next ones, and when to stop.
public struct GenerationRequest: Sendable {
    public var prompt: [Int32]
    public var policy: SamplingPolicy
    /// The most tokens to generate; nil: until the context is full.
    public var maxTokens: Int?
    /// Texts that end the generation and are not part of it.
    public var stopStrings: [String] = []
    /// Tokens that end the generation beside the model's own.
    public var stopTokens: Set<Int32> = []
    /// Goes on after the model's end-of-text tokens, for measurements.
    public var ignoresEndOfText = false
    /// Whether the text goes on where the prompt's ends, so that a space between the two is kept; an answer begins anew.
    public var continuesPrompt = true

    public init(prompt: [Int32], policy: SamplingPolicy = SamplingPolicy(), maxTokens: Int? = nil) {
        self.prompt = prompt
        self.policy = policy
        self.maxTokens = maxTokens
    }

    public static let stopStringCountMax = 64
    public static let stopStringBytesMax = 4096

    /// - Throws: `EngineError` (`badRequest`) naming the parameter and both sides of the mismatch.
    func validate() throws(EngineError) {
        guard !prompt.isEmpty else {
            throw EngineError(.badRequest, "the prompt has no tokens: this model's tokenizer adds none of its own")
        }
        if let maxTokens, maxTokens < 0 {
            throw EngineError(.badRequest, "tokens to generate: expected 0 or more, found \(maxTokens)")
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
