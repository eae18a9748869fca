/// What a tuning is to make fast.
public enum TuningGoal: String, Sendable, CaseIterable {
    /// Answers of one client: the time to the first token and between two tokens.
    case latency
    /// Tokens of many clients together.
    case throughput
    /// Both alike.
    case balanced

    /// The share of each rate in the score; they add up to 1.
    public var weights: (prompt: Double, generation: Double, streams: Double) {
        switch self {
        case .latency: (0.4, 0.5, 0.1)
        case .throughput: (0.4, 0.1, 0.5)
        case .balanced: (1 / 3.0, 1 / 3.0, 1 / 3.0)
        }
    }

    /// Tokens of a step that are tried. Whoever generates waits for every step that reads a prompt beside, which the rates do
    /// not show: so steps are not longer than usual where that counts.
    public var stepTokens: [Int] {
        switch self {
        case .latency: [64, 128]
        case .throughput: [128, 256, 512]
        case .balanced: [64, 128, 256]
        }
    }
}
