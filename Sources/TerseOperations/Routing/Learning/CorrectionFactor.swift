import Foundation

/// By which factor what is observed differs from what a profile says.
///
/// The mean of the logarithms of the ratios, the last few dozens of which count (exponential forgetting). A ratio far
/// from those before counts as one at `outlierMin` mean deviations (Huber's score), so that one stall changes little; a
/// lasting change widens the deviation, and is followed.
struct CorrectionFactor: Sendable, Equatable, Codable {
    /// Of the observations, and of how far they are from it; in nats.
    private var mean = 0.0
    private var meanDeviation = 0.3
    /// Observations that are remembered, and that the profile counts for.
    private var count = 5.0

    /// Each observation leaves this much of those before.
    private static let remembered = 0.98
    private static let outlierMin = 2.5
    /// Of steady machines, too, one in a hundred is expected.
    private static let deviationMin = 0.01

    /// What predictions are multiplied by.
    var factor: Double { exp(mean) }

    /// Counts an observation, unless one of the two is not positive and finite.
    /// - Returns: the logarithm of their ratio; nil for an observation that does not count.
    @discardableResult
    mutating func learn(observed: Double, predicted: Double) -> Double? {
        guard observed > 0, predicted > 0, observed.isFinite, predicted.isFinite else { return nil }
        let ratio = log(observed / predicted)
        let limit = Self.outlierMin * meanDeviation
        let residual = max(-limit, min(limit, ratio - mean))
        count = count * Self.remembered + 1
        mean += residual / count
        let step = 1 - Self.remembered
        meanDeviation = max(Self.deviationMin, meanDeviation + step * 2 * (abs(residual) - meanDeviation))
        return ratio
    }
}
