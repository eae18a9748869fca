/// A request of a trace.
public struct TracedRequest: Sendable, Equatable, Codable {
    /// Seconds since the trace began.
    public var time: Double
    public var features: RequestFeatures
    /// Tokens of the answer, whoever gives it.
    public var outputTokens: Int
    /// By variant.
    public var answers: [String: TracedAnswer]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case time, features
        case outputTokens = "output_tokens"
        case answers
    }

    /// Is checked with its trace.
    public init(time: Double, features: RequestFeatures, outputTokens: Int, answers: [String: TracedAnswer]) {
        (self.time, self.features, self.outputTokens, self.answers) = (time, features, outputTokens, answers)
    }

    /// What a router decided, as a request of a trace: what it predicted of each variant stands in for what nobody
    /// measured, so that policies are compared by its own estimate.
    public init(_ record: RoutingRecord, outputTokens: Int) {
        let answers = record.decision.predictions.map { prediction in
            let answer = TracedAnswer(
                bitsPerByte: max(0, prediction.bitsPerByte), timeToFirstToken: prediction.timeToFirstToken,
                timePerOutputToken: prediction.timePerOutputToken, joules: prediction.joules)
            return (prediction.variant, answer)
        }
        self.init(
            time: record.decision.time, features: record.features, outputTokens: outputTokens,
            answers: Dictionary(answers, uniquingKeysWith: { first, _ in first }))
    }

    /// Until the last token.
    func seconds(_ answer: TracedAnswer) -> Double {
        answer.timeToFirstToken + Double(outputTokens) * answer.timePerOutputToken
    }

    /// - Throws: `RoutingError` naming the member, what is expected and what was found.
    func check(_ variants: [String]) throws(RoutingError) {
        try RoutingError.check("time", time)
        try features.check()
        guard (1...RequestFeatures.numberMax).contains(outputTokens) else {
            throw RoutingError("output_tokens: expected 1 to \(RequestFeatures.numberMax), found \(outputTokens)")
        }
        guard Set(answers.keys) == Set(variants) else {
            throw RoutingError("answers: expected of \(variants.sorted()), found of \(answers.keys.sorted())")
        }
        for (variant, answer) in answers.sorted(by: { $0.key < $1.key }) { try answer.check(variant) }
    }
}
