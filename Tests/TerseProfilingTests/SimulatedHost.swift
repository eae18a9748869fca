import Foundation
import TestSupport

@testable import TerseProfiling

/// A host whose configurations are so and so fast, as its measurements would say: with noise, with moments in which something
/// else runs, and with a speed that changes all the while.
struct SimulatedHost {
    /// How many times as fast as the default each configuration is, the default's 1 first.
    let ratios: [Double]
    /// Of each rate, in logarithms.
    var noise = 0.05
    /// What a measurement takes.
    var seconds = 1.0
    /// Configurations that need more memory than there is.
    var refused: Set<Int> = []
    private var random: SplitMix64
    private var clock = 0.0

    init(ratios: [Double], seed: UInt64) {
        self.ratios = ratios
        random = SplitMix64(seed: seed)
    }

    /// A default among others that are faster or slower by so much.
    init(count: Int, spread: Double, seed: UInt64) {
        var random = SplitMix64(seed: seed &* 31 &+ 5)
        self.init(ratios: [1] + (1..<count).map { _ in exp(spread * Self.normal(&random)) }, seed: seed)
    }

    private static func normal(_ random: inout SplitMix64) -> Double {
        let pair = (Double.random(in: 0.000_001..<1, using: &random), Double.random(in: 0..<1, using: &random))
        return (-2 * log(pair.0)).squareRoot() * cos(2 * .pi * pair.1)
    }

    mutating func measure(_ candidate: Int) -> TrialRates? {
        clock += seconds
        guard !refused.contains(candidate) else { return nil }
        // Slower by a third, to and fro within minutes, and a tenth of all measurements are disturbed.
        let drift = 0.17 * sin(clock / 40)
        let disturbance = random.next(below: 10) == 0 ? -0.3 : 0
        func rate(_ base: Double) -> Double {
            base * ratios[candidate] * exp(drift + disturbance + noise * Self.normal(&random))
        }
        return TrialRates(prompt: rate(100), generation: rate(20), streams: rate(80))
    }

    /// Runs a search to its end.
    mutating func search(budget: Double = 120, goal: TuningGoal = .balanced, seed: UInt64 = 0) -> HalvingSearch {
        var search = HalvingSearch(
            candidateCount: ratios.count, goal: goal, terms: HalvingSearch.Terms(budget: .seconds(budget)), seed: seed)
        while let candidate = search.next { search.take(measure(candidate), seconds: seconds) }
        return search
    }
}
