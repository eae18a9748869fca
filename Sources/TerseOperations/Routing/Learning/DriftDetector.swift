import Foundation

/// Watches whether a quantity that should stay where it is grows.
///
/// The first observations say what is normal. From then on it is Page's cumulative sum (Continuous inspection schemes,
/// 1954) of their distances from that in standard deviations, each less an allowance, which never falls below zero: an
/// alarm when it exceeds a threshold. The threshold follows from how many observations should lie between two false
/// alarms, by Siegmund's approximation (Sequential Analysis, 1985) for independent normal observations. What is normal
/// is itself only an estimate: the allowance has twice its standard error in it. Distances are cut at `distanceMax`.
struct DriftDetector: Sendable, Equatable, Codable {
    let observationsBetweenFalseAlarms: Double
    private let threshold: Double
    private var count = 0
    private var mean = 0.0
    private var squaredDeviationSum = 0.0
    private(set) var sum = 0.0
    /// Observations since the sum was last zero, and the sum of their distances.
    private var run = 0
    private var runSum = 0.0

    /// Observations that say what is normal.
    static let baselineCount = 400
    /// Half of the change, in standard deviations, that is found fastest.
    private static let allowance = 0.25
    private static let distanceMax = 4.0
    /// A quantity that is always the same has no deviation to measure by.
    private static let deviationMin = 1e-6

    init(observationsBetweenFalseAlarms: Double) {
        self.observationsBetweenFalseAlarms = observationsBetweenFalseAlarms
        threshold = Self.threshold(observationsBetweenFalseAlarms)
    }

    /// - Returns: when there is an alarm, by how much the quantity has grown, and over how many observations. What is
    /// normal is then learned anew.
    mutating func add(_ value: Double) -> (growth: Double, observations: Int)? {
        guard value.isFinite else { return nil }
        guard count >= Self.baselineCount else {
            count += 1
            let delta = value - mean
            mean += delta / Double(count)
            squaredDeviationSum += delta * (value - mean)
            return nil
        }
        let deviation = max(Self.deviationMin, (squaredDeviationSum / Double(count - 1)).squareRoot())
        let distance = max(-Self.distanceMax, min(Self.distanceMax, (value - mean) / deviation))
        sum += distance - Self.allowance - 2 / Double(count).squareRoot()
        guard sum > 0 else {
            (sum, run, runSum) = (0, 0, 0)
            return nil
        }
        (run, runSum) = (run + 1, runSum + distance)
        guard sum > threshold else { return nil }
        let alarm = (growth: runSum / Double(run) * deviation, observations: run)
        self = DriftDetector(observationsBetweenFalseAlarms: observationsBetweenFalseAlarms)
        return alarm
    }

    /// The h with (exp(2kb) − 2kb − 1) / 2k² = `observations`, b = h + 1.166, for the allowance k.
    static func threshold(_ observations: Double) -> Double {
        let rate = 2 * allowance
        var (low, high) = (0.0, 200.0)
        for _ in 0..<60 {
            let exponent = rate * ((low + high) / 2 + 1.166)
            let mean = (exp(exponent) - exponent - 1) / (rate * allowance)
            if mean < observations { low = (low + high) / 2 } else { high = (low + high) / 2 }
        }
        return (low + high) / 2
    }
}
