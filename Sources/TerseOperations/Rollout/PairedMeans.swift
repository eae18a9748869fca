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
    private var squares = 0.0

    /// Pairs from which on the bounds are used.
    static let pairsMin = 50

    mutating func add(candidate: Double, control: Double) {
        let value = candidate - control
        pairs += 1
        let before = value - difference
        difference += before / Double(pairs)
        squares += before * (value - difference)
    }

    /// Bounds of the difference, each with probability 1 − its risk; infinite while there are too few pairs.
    func bounds(_ lowerRisk: Double, _ upperRisk: Double) -> (lower: Double, upper: Double) {
        guard pairs >= Self.pairsMin else { return (-.infinity, .infinity) }
        return (difference - width(lowerRisk), difference + width(upperRisk))
    }

    /// Where the bounds are tightest.
    private static let pairsTuned = 300.0

    private func width(_ risk: Double) -> Double {
        let (count, both) = (Double(pairs), 2 * risk)  // One side of a sequence with two.
        let rho = (-2 * log(both) + log(-2 * log(both) + 1)) / Self.pairsTuned
        let deviation = (squares / (count - 1)).squareRoot()
        return deviation
            * (2 * (count * rho + 1) / (count * count * rho) * log((count * rho + 1).squareRoot() / both)).squareRoot()
    }
}
