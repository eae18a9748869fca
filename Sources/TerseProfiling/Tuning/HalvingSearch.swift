import Foundation
import TerseModel

/// The search for the fastest of several configurations by successive halving (Karnin, Koren and Somekh 2013; Jamieson and
/// Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter Optimization, 2016): in each round, which have equal
/// parts of the time, all that are left are measured equally often, and the better half goes on.
///
/// The default, configuration 0, is measured in every pass, and all others are judged by their ratio to it in the same pass;
/// passes run to and fro, so that a machine that becomes slower treats all alike. In the end the winner and the default are
/// measured in turn, in pairs whose number was fixed before: only if the interval of 95 % of the ratios' median lies above 1,
/// the winner is taken. The probability that a configuration no faster than the default is taken is thus 2.5 % at most.
public struct HalvingSearch: Sendable {
    /// How much time goes where, and the bounds of everything.
    public struct Terms: Sendable, Equatable {
        /// What all measurements together should take.
        public var budget: Duration
        /// The part of it that the final comparison has.
        public var finalShare = 0.4
        /// Passes of a round.
        public var passesMax = 32
        /// Pairs of the final comparison. The interval of fewer than 9 would reach from the least to the greatest, and a
        /// single one that was disturbed decide.
        public var pairs = 9...100
        /// Configurations beside the default that are measured in any case.
        public var challengersMin = 3

        public init(budget: Duration) { self.budget = budget }
    }

    /// What a configuration came to in a round.
    public struct Standing: Sendable, Equatable {
        public let candidate: Int
        /// Medians over the round's passes; nil where it was refused.
        public let rates: TrialRates?
        /// The median of its ratio to the default, over all passes so far; 0 where it was refused.
        public let ratio: Double
    }

    /// A finished round, the best configuration first.
    public struct Round: Sendable, Equatable {
        public let passes: Int
        public let standings: [Standing]
    }

    /// What the final comparison said.
    public struct Final: Sendable, Equatable {
        /// Whom the default was compared with.
        public let candidate: Int
        /// Its ratio to the default.
        public let ratio: Interval

        /// Whether it is better without doubt.
        public var isGain: Bool { ratio.low > 1 }
    }

    public let goal: TuningGoal
    public let terms: Terms
    public private(set) var rounds: [Round] = []
    /// Nil while the search runs, and where no configuration beside the default could be measured.
    public private(set) var final: Final?
    /// Measurements taken.
    public private(set) var takenCount = 0
    /// Configurations beside the default that are in the race.
    public private(set) var challengers: [Int]

    private var phase = Phase.opening
    private var random: RandomSource
    private var spentSeconds = 0.0
    /// Of each configuration the logarithm of its ratio to the default, in each pass of any round.
    private var advantages: [Int: [Double]] = [:]

    private enum Phase {
        /// The default is measured once, to know how long that takes.
        case opening
        case round(RoundState)
        case final(FinalState)
        case done
    }

    private struct RoundState {
        let passes: Int
        /// Of one pass; every other one has it the other way round.
        var order: [Int]
        var pass = 0
        var position = 0
        /// Of each configuration, a measurement a pass.
        var taken: [Int: [TrialRates]] = [:]
        var refused: [Int] = []
        /// The rounds that come after it.
        let roundsLeft: Int

        init(passes: Int, order: [Int], roundsLeft: Int) {
            (self.passes, self.order, self.roundsLeft) = (passes, order, roundsLeft)
        }
    }

    private struct FinalState {
        let candidate: Int
        let pairs: Int
        var taken: [Int: [TrialRates]] = [:]
    }

    /// - Parameters:
    ///   - candidateCount: configurations, of which 0 is the default; those that promise most come first.
    ///   - seed: decides the order within passes.
    public init(candidateCount: Int, goal: TuningGoal, terms: Terms, seed: UInt64) {
        precondition(candidateCount > 0)
        self.goal = goal
        self.terms = terms
        challengers = Array(1..<candidateCount)
        random = RandomSource(seed: seed)
        if challengers.isEmpty { phase = .done }
    }

    /// The configuration to measure next; nil: the search is over.
    public var next: Int? {
        switch phase {
        case .opening: 0
        case .round(let state): state.order[state.position]
        case .final(let state): Self.turn(state)
        case .done: nil
        }
    }

    /// Measurements in all, as far as they can be foreseen.
    public var expectedCount: Int {
        let mean = spentSeconds / Double(max(takenCount, 1))
        guard mean > 0, next != nil else { return max(takenCount, 1) }
        return max(Int(budgetSeconds / mean), takenCount + 1)
    }

    /// The configuration that won: the default where none was better without doubt.
    public var winner: Int { final.flatMap { $0.isGain ? $0.candidate : nil } ?? 0 }

    /// Takes what measuring `next` gave.
    /// - Parameters:
    ///   - rates: nil where the configuration cannot run. The default must.
    ///   - seconds: what the measurement took in all.
    public mutating func take(_ rates: TrialRates?, seconds: Double) {
        guard let candidate = next else { return }
        precondition(rates != nil || candidate != 0, "the default configuration cannot be refused")
        takenCount += 1
        spentSeconds += max(seconds, 0)
        switch phase {
        case .opening: open()
        case .round(let state): take(rates, of: candidate, in: state)
        case .final(let state): take(rates, of: candidate, in: state)
        case .done: break
        }
    }

    // MARK: Rounds

    private var budgetSeconds: Double { terms.budget / .seconds(1) }
    private var searchSeconds: Double { budgetSeconds * (1 - terms.finalShare) }

    /// How many rounds leave one of so many.
    static func roundCount(challengers: Int) -> Int {
        var (count, rounds) = (challengers, 0)
        while count > 1 { (count, rounds) = ((count + 1) / 2, rounds + 1) }
        return rounds
    }

    /// As many configurations as can be measured once in the first round's part of the time.
    private mutating func open() {
        let least = min(terms.challengersMin, challengers.count)
        var count = challengers.count
        func fits(_ count: Int) -> Bool {
            let part = searchSeconds / Double(max(Self.roundCount(challengers: count), 1))
            return Double(count + 1) * spentSeconds <= part
        }
        while count > least, !fits(count) { count -= 1 }
        challengers = Array(challengers.prefix(count))
        begin(roundsLeft: Self.roundCount(challengers: count))
    }

    /// The next round, or the final comparison where one is left.
    private mutating func begin(roundsLeft: Int) {
        guard let first = challengers.first else {
            phase = .done
            return
        }
        let mean = max(spentSeconds / Double(takenCount), 1e-9)
        guard challengers.count > 1 else {
            let pairs = Int(min(max(budgetSeconds - spentSeconds, 0) / (2 * mean), Double(terms.pairs.upperBound)))
            phase = .final(FinalState(candidate: first, pairs: max(pairs, terms.pairs.lowerBound)))
            return
        }
        let order = ([0] + challengers).shuffled(using: &random)
        let part = max(searchSeconds - spentSeconds, 0) / Double(max(roundsLeft, 1))
        let passes = Int(min(part / (mean * Double(order.count)), Double(terms.passesMax)))
        phase = .round(RoundState(passes: max(passes, 1), order: order, roundsLeft: max(roundsLeft - 1, 0)))
    }

    private mutating func take(_ rates: TrialRates?, of candidate: Int, in state: RoundState) {
        var state = state
        if let rates {
            state.taken[candidate, default: []].append(rates)
            state.position += 1
        } else {
            state.refused.append(candidate)
            challengers.removeAll { $0 == candidate }
            state.order.remove(at: state.position)
            state.taken[candidate] = nil
        }
        if state.position == state.order.count {
            state.pass += 1
            state.position = 0
            state.order.reverse()
        }
        phase = .round(state)
        if state.pass == state.passes { finish(state) }
    }

    private mutating func finish(_ state: RoundState) {
        let standard = (state.taken[0] ?? []).map { $0.score(for: goal) }
        let standings = state.order.sorted().map { candidate in
            let rates = state.taken[candidate] ?? []
            advantages[candidate, default: []] += zip(rates, standard).map { $0.score(for: goal) - $1 }
            let ratio = exp(Interval.median(of: advantages[candidate] ?? [0]).value)
            return Standing(candidate: candidate, rates: .median(of: rates), ratio: ratio)
        }
        let ranked = standings.sorted { ($1.ratio, $0.candidate) < ($0.ratio, $1.candidate) }
        let refused = state.refused.sorted().map { Standing(candidate: $0, rates: nil, ratio: 0) }
        rounds.append(Round(passes: state.passes, standings: ranked + refused))
        let others = ranked.map(\.candidate).filter { $0 != 0 }
        challengers = Array(others.prefix((others.count + 1) / 2))
        begin(roundsLeft: state.roundsLeft)
    }

    // MARK: The final comparison

    /// Pairs begin with the default and with the other in turn.
    private static func turn(_ state: FinalState) -> Int {
        let count = state.taken.values.reduce(0) { $0 + $1.count }
        let isSecond = !count.isMultiple(of: 2)
        let beginsWithDefault = (count / 2).isMultiple(of: 2)
        return isSecond == beginsWithDefault ? state.candidate : 0
    }

    private mutating func take(_ rates: TrialRates?, of candidate: Int, in state: FinalState) {
        var state = state
        guard let rates else {
            // It ran before: somebody has taken the memory meanwhile, and may do so again.
            phase = .done
            return
        }
        state.taken[candidate, default: []].append(rates)
        phase = .final(state)
        let (mine, standard) = (state.taken[state.candidate] ?? [], state.taken[0] ?? [])
        guard mine.count == state.pairs, standard.count == state.pairs else { return }
        let advantages = zip(mine, standard).map { $0.score(for: goal) - $1.score(for: goal) }
        final = Final(candidate: state.candidate, ratio: Interval.median(of: advantages).mapped(exp))
        phase = .done
    }
}
