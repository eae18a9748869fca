/// How long requests usually are: what trade-offs are measured by.
struct RequestScale: Sendable, Equatable, Codable {
    private(set) var promptTokens = 256.0
    private(set) var outputTokens = 128.0
    private var prompts = 20.0
    private var answers = 20.0

    /// Each request leaves this much of those before.
    private static let remembered = 0.998

    mutating func add(promptTokens tokens: Int) {
        prompts = prompts * Self.remembered + 1
        promptTokens += (Double(tokens) - promptTokens) / prompts
    }

    mutating func add(outputTokens tokens: Int) {
        answers = answers * Self.remembered + 1
        outputTokens += (Double(tokens) - outputTokens) / answers
    }

    /// How many tokens an answer has: as many as usual, or its bound.
    func expectedOutputTokens(bound: Int?) -> Double { min(outputTokens, Double(bound ?? .max)) }
}
