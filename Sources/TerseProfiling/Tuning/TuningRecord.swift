import Foundation
import TerseJSON

/// What a tuning found, and all that it is good for: one model shape on one kind of host with one build of the program.
public struct TuningRecord: Sendable, Equatable {
    /// A configuration in a round.
    public struct Row: Sendable, Equatable {
        public let options: TunedOptions
        /// Nil where it could not run.
        public let rates: TrialRates?
        /// To the default; 0 where it could not run.
        public let ratio: Double
    }

    /// A round of the search, the best configuration first.
    public struct Round: Sendable, Equatable {
        public let passes: Int
        public let rows: [Row]
    }

    /// The comparison of the best configuration with the default.
    public struct Comparison: Sendable, Equatable {
        public let options: TunedOptions
        /// How many times as fast, with the interval of 95 %.
        public let ratio: Interval
    }

    public let host: TuningHost
    public let shape: ModelShape
    public let program: ProgramIdentity
    public let time: Date
    public let conditions: TuningConditions
    /// What is to be used.
    public let options: TunedOptions
    public let rounds: [Round]
    /// Nil where there was nothing to compare the default with.
    public let comparison: Comparison?

    /// What the options bring: 1 where the defaults stayed.
    public var gain: Double { options.changeCount == 0 ? 1 : comparison?.ratio.value ?? 1 }

    /// What a search has found.
    /// - Parameter candidates: what it chose from.
    public init(
        _ search: HalvingSearch, _ candidates: [TunedOptions], conditions: TuningConditions, host: TuningHost,
        shape: ModelShape, program: ProgramIdentity, time: Date
    ) {
        (self.host, self.shape, self.program, self.time) = (host, shape, program, time)
        self.conditions = conditions
        options = candidates[search.winner]
        rounds = search.rounds.map { round in
            Round(
                passes: round.passes,
                rows: round.standings.map {
                    Row(options: candidates[$0.candidate], rates: $0.rates, ratio: $0.ratio)
                })
        }
        comparison = search.final.map { Comparison(options: candidates[$0.candidate], ratio: $0.ratio) }
    }

    init(
        host: TuningHost, shape: ModelShape, program: ProgramIdentity, time: Date, conditions: TuningConditions,
        options: TunedOptions, rounds: [Round], comparison: Comparison?
    ) {
        (self.host, self.shape, self.program, self.time) = (host, shape, program, time)
        (self.conditions, self.options) = (conditions, options)
        (self.rounds, self.comparison) = (rounds, comparison)
    }
}
