/// How a token is chosen from logits.
///
/// The steps and their order are those of llama.cpp's default chain: logit bias; repetition, frequency and presence
/// penalties; top-k; typical; top-p; min-p; temperature; choice. Each step renormalises what the one before left.
public struct SamplingPolicy: Sendable, Equatable {
    /// Divides the logits; 0 takes the greatest logit (after bias and penalties) and skips the steps from top-k on.
    public var temperature: Float = 0.8
    /// Keeps this many of the greatest logits; 0 keeps all.
    public var topK = 40
    /// Keeps the most probable tokens that together reach this probability; 1 keeps all (arXiv:1904.09751).
    public var topP: Float = 0.95
    /// Keeps tokens at least this fraction as probable as the most probable one; 0 keeps all (arXiv:2407.01082).
    public var minP: Float = 0.05
    /// Keeps the tokens whose information is nearest to the expected one until they exceed this probability; 1 keeps
    /// all (arXiv:2202.00666).
    public var typicalP: Float = 1
    /// Divides positive logits of tokens in the window and multiplies the others; 1 does nothing (arXiv:1909.05858).
    public var repetitionPenalty: Float = 1
    /// Taken from the logit of every token in the window.
    public var presencePenalty: Float = 0
    /// Taken from a token's logit for each time that it is in the window.
    public var frequencyPenalty: Float = 0
    /// Tokens that penalties look back on, of the prompt too.
    public var penaltyWindow = 64
    /// Added to the logits of tokens; −infinity forbids one.
    public var logitBias: [Int32: Float] = [:]
    /// What chance starts from; nil draws one.
    public var seed: UInt64?

    public init() {}

    /// Always the most probable token.
    public static var greedy: SamplingPolicy {
        var policy = SamplingPolicy()
        policy.temperature = 0
        return policy
    }

    /// The longest penalty window.
    public static let penaltyWindowMax = 1 << 16
    /// The most biased tokens.
    public static let logitBiasCountMax = 1 << 16

    var isGreedy: Bool { temperature == 0 }

    var hasPenalties: Bool {
        penaltyWindow > 0 && (repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0)
    }

    /// - Throws: `ModelError` (`badRequest`) naming the parameter, its range and the value found.
    public func validate(vocabularySize: Int) throws(ModelError) {
        try Self.check("temperature", temperature, in: 0...100)
        try Self.check("top_p", topP, in: Float.leastNormalMagnitude...1)
        try Self.check("min_p", minP, in: 0...1)
        try Self.check("typical_p", typicalP, in: Float.leastNormalMagnitude...1)
        try Self.check("repetition_penalty", repetitionPenalty, in: 0.01...100)
        try Self.check("presence_penalty", presencePenalty, in: -100...100)
        try Self.check("frequency_penalty", frequencyPenalty, in: -100...100)
        guard topK >= 0 else { throw ModelError(.badRequest, "top_k: expected 0 or more, found \(topK)") }
        guard (0...Self.penaltyWindowMax).contains(penaltyWindow) else {
            throw ModelError(
                .badRequest, "penalty window: expected 0…\(Self.penaltyWindowMax), found \(penaltyWindow)")
        }
        guard logitBias.count <= Self.logitBiasCountMax else {
            throw ModelError(
                .badRequest, "logit_bias: expected at most \(Self.logitBiasCountMax) tokens, found \(logitBias.count)")
        }
        for (token, bias) in logitBias {
            guard token >= 0, Int(token) < vocabularySize else {
                throw ModelError(.badRequest, "logit_bias: expected tokens 0…\(vocabularySize - 1), found \(token)")
            }
            guard bias < .infinity else {
                throw ModelError(.badRequest, "logit_bias: expected a finite bias for token \(token), found \(bias)")
            }
        }
    }

    private static func check(_ name: String, _ value: Float, in range: ClosedRange<Float>) throws(ModelError) {
        guard range.contains(value) else {
            let low = range.lowerBound == .leastNormalMagnitude ? "above 0" : "\(range.lowerBound)"
            throw ModelError(.badRequest, "\(name): expected \(low)…\(range.upperBound), found \(value)")
        }
    }
}
