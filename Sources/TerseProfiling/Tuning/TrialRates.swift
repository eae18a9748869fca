import Foundation
import TerseJSON

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

    var json: JSONObject {
        [
            "prompt_tokens_per_second": .number(prompt), "generation_tokens_per_second": .number(generation),
            "streams_tokens_per_second": .number(streams),
        ]
    }

    /// Reads what `json` writes, among other members.
    /// - Returns: nil where one is missing or cannot be.
    init?(_ json: JSONValue) {
        let rates = ["prompt", "generation", "streams"].compactMap { json["\($0)_tokens_per_second"]?.doubleValue }
        guard rates.count == 3, rates.allSatisfy({ $0.isFinite && $0 > 0 }) else { return nil }
        self.init(prompt: rates[0], generation: rates[1], streams: rates[2])
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
