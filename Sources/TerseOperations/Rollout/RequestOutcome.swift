import Foundation

/// What became of a request.
public struct RequestOutcome: Sendable, Equatable {
    public let failed: Bool
    /// As they are compared: the logarithms of times in seconds, quality negated, so that more is worse.
    private let timeToFirstToken: Double?
    private let timePerOutputToken: Double?
    private let loss: Double?

    /// - Parameters:
    ///   - timeToFirstToken: seconds; what is not positive was not measured.
    ///   - timePerOutputToken: the same.
    ///   - quality: the mean log-likelihood of the answer's tokens in nats; nil for an answer that nobody scored.
    ///
    /// A NaN or an infinity counts as a failure.
    public init(
        failed: Bool = false, timeToFirstToken: Double? = nil, timePerOutputToken: Double? = nil, quality: Double? = nil
    ) {
        let numbers = [timeToFirstToken, timePerOutputToken, quality]
        self.failed = failed || numbers.contains { $0.map { !$0.isFinite } ?? false }
        self.timeToFirstToken = timeToFirstToken.flatMap { $0 > 0 ? log($0) : nil }
        self.timePerOutputToken = timePerOutputToken.flatMap { $0 > 0 ? log($0) : nil }
        loss = quality.map { -$0 }
    }

    /// The value that is compared; nil where there is none.
    func value(_ metric: RolloutMetric) -> Double? {
        if metric == .errorRate { return failed ? 1 : 0 }
        guard !failed else { return nil }
        switch metric {
        case .timeToFirstToken: return timeToFirstToken
        case .timePerOutputToken: return timePerOutputToken
        case .errorRate, .quality: return loss
        }
    }
}
