import Foundation

/// What pairs of measurements, one of the candidate's and one of the control group's, say of the difference between their
/// means.
///
/// Bounds are an asymptotic confidence sequence: they hold at all times at once, so that looking often does no harm, for
/// independent pairs of any distribution with a variance, from some dozens of pairs on. (Waudby-Smith, Arbour, Sinha,
/// Kennedy and Ramdas, Time-uniform central limit theory and asymptotic confidence sequences, 2024: theorem 2.2.)
struct PairedMeans: Sendable, Equatable, Codable {
    private(set) var pairs = 0
    /// The mean of the candidate's values less the control's.
    private(set) var difference = 0.0
    private var squaredDeviationSum = 0.0

    /// Pairs from which on the bounds are used.
    static let pairsMin = 50

    mutating func add(candidate: Double, control: Double) {
        let value = candidate - control
        pairs += 1
        let delta = value - difference
        difference += delta / Double(pairs)
        squaredDeviationSum += delta * (value - difference)
    }

    /// Bounds of the difference, each with probability 1 − its risk; infinite while there are too few pairs.
    func bounds(lowerRisk: Double, upperRisk: Double) -> (lower: Double, upper: Double) {
        guard pairs >= Self.pairsMin else { return (-.infinity, .infinity) }
        return (difference - width(lowerRisk), difference + width(upperRisk))
    }

    /// Where the bounds are tightest.
    private static let pairsTuned = 300.0

    private func width(_ risk: Double) -> Double {
        // The sequence with one side: of that with two at twice the risk, and 1 in the logarithm.
        let (count, alpha) = (Double(pairs), 2 * risk)
        let rhoSquared = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / Self.pairsTuned
        let deviation = (squaredDeviationSum / (count - 1)).squareRoot()
        return deviation
            * (2 * (count * rhoSquared + 1) / (count * count * rhoSquared)
            * log(1 + (count * rhoSquared + 1).squareRoot() / alpha)).squareRoot()
    }
}
