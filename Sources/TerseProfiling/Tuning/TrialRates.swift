import Foundation

/// How fast one configuration was in one measurement, in tokens a second.
public struct TrialRates: Sendable, Equatable {
    public let prompt: Double
    /// One sequence.
    public let generation: Double
    /// All sequences together.
    public let streams: Double

    /// - Parameters: rates above 0.
    public init(prompt: Double, generation: Double, streams: Double) {
        (self.prompt, self.generation, self.streams) = (prompt, generation, streams)
    }

    /// The logarithm of the rates' weighted geometric mean: a gain of one percent counts the same in each.
    public func score(for goal: TuningGoal) -> Double {
        let weights = goal.weights
        return weights.prompt * log(prompt) + weights.generation * log(generation) + weights.streams * log(streams)
    }

    /// Of each rate the median.
    /// - Parameter rates: at least one.
    static func median(of rates: [TrialRates]) -> TrialRates {
        func median(_ path: KeyPath<TrialRates, Double>) -> Double {
            Interval.median(of: rates.map { $0[keyPath: path] }).value
        }
        return TrialRates(prompt: median(\.prompt), generation: median(\.generation), streams: median(\.streams))
    }
}
