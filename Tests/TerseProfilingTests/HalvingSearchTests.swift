import Foundation
import Testing

@testable import TerseProfiling

@Suite struct HalvingSearchTests {
    static let seeds = 400

    private func winners(_ host: (UInt64) -> SimulatedHost) -> [(truth: Double, best: Double, isGain: Bool)] {
        (0..<UInt64(Self.seeds)).map { seed in
            var host = host(seed)
            let search = host.search(seed: seed)
            return (host.ratios[search.winner], host.ratios.max() ?? 1, search.winner != 0)
        }
    }

    /// What is taken is faster than the default: with faster and slower ones about, and where all are worse.
    @Test func whatIsTakenIsNotSlower() {
        let mixed = winners { SimulatedHost(count: 24, spread: 0.1, seed: $0) }
        let worse = mixed.count { $0.truth < 1 }
        #expect(worse <= 2, "\(worse) of \(Self.seeds) are slower than the default")
        let slower = winners { seed in
            SimulatedHost(ratios: [1] + (1..<24).map { 1 - 0.005 * Double($0) }, seed: seed)
        }
        #expect(slower.count(where: \.isGain) <= Self.seeds * 25 / 1000, "\(slower.count(where: \.isGain))")
    }

    /// Where all are alike, the defaults stay in 97.5 of 100 cases, and some more for chance.
    @Test func chanceAloneSeldomWins() {
        let alike = winners { SimulatedHost(ratios: [Double](repeating: 1, count: 16), seed: $0) }
        let count = alike.count(where: \.isGain)
        #expect(count <= Self.seeds * 45 / 1000, "\(count) of \(Self.seeds)")
    }

    /// A gain that is there is found, most of it.
    @Test func theFastestAreFound() {
        let found = winners { SimulatedHost(count: 24, spread: 0.15, seed: $0) }
        let near = found.count { log($0.truth) >= 0.7 * log($0.best) }
        #expect(near >= Self.seeds * 80 / 100, "\(near) of \(Self.seeds) are near the best")
        let single = winners { seed in
            SimulatedHost(ratios: [1] + (1..<16).map { $0 == 11 ? 1.3 : 0.9 }, seed: seed)
        }
        let right = single.count { $0.truth == 1.3 }
        #expect(right >= Self.seeds * 95 / 100, "\(right) of \(Self.seeds) found the one")
    }

    @Test func theDefaultIsInEveryRound() {
        var host = SimulatedHost(count: 20, spread: 0.2, seed: 1)
        let search = host.search()
        #expect(search.rounds.map(\.standings.count) == [17, 9, 5, 3], "\(search.rounds.map(\.standings.count))")
        for round in search.rounds {
            let standard = round.standings.first { $0.candidate == 0 }
            #expect(standard?.ratio == 1 && standard?.rates != nil)
            let ratios = round.standings.map(\.ratio)
            #expect(ratios == ratios.sorted(by: >))
        }
        #expect(search.final?.candidate == search.rounds.last?.standings.first { $0.candidate != 0 }?.candidate)
        #expect(search.final?.ratio.samples ?? 0 >= HalvingSearch.Terms(budget: .zero).pairs.lowerBound)
    }

    /// Passes run to and fro, pairs begin with the one and the other.
    @Test func theOrderAlternates() {
        var host = SimulatedHost(count: 3, spread: 0, seed: 3)
        var terms = HalvingSearch.Terms(budget: .seconds(200))
        (terms.pairs, terms.passesMax) = (9...9, 4)
        var search = HalvingSearch(candidateCount: 3, goal: .balanced, terms: terms, seed: 9)
        var order: [Int] = []
        while let next = search.next {
            order.append(next)
            search.take(host.measure(next), seconds: 1)
        }
        #expect(order.count == 1 + 4 * 3 + 9 * 2 && order[0] == 0)
        let passes = (0..<4).map { Array(order[(1 + 3 * $0)..<(4 + 3 * $0)]) }
        #expect(passes[1] == passes[0].reversed() && passes[2] == passes[0] && Set(passes[0]) == [0, 1, 2])
        let pairs = (0..<9).map { Array(order[(13 + 2 * $0)..<(15 + 2 * $0)]) }
        #expect(pairs.enumerated().allSatisfy { ($1[0] == 0) == $0.isMultiple(of: 2) && Set($1).count == 2 })
    }

    /// Little time means fewer configurations, not none; and nothing goes on for ever.
    @Test func timeIsKeptTo() {
        for (seconds, budget) in [(1.0, 120.0), (3, 120), (0.01, 2), (0.5, 60)] {
            var host = SimulatedHost(count: 40, spread: 0.1, seed: 5)
            host.seconds = seconds
            let search = host.search(budget: budget)
            let spent = Double(search.takenCount) * seconds
            #expect(spent <= budget * 1.1, "\(spent) of \(budget) seconds")
        }
        for seconds in [0.0, 1e6, .infinity] {
            var host = SimulatedHost(count: 64, spread: 0.1, seed: 6)
            host.seconds = seconds
            let search = host.search()
            #expect(search.next == nil && search.takenCount < 20_000 && search.final != nil)
            // The default once, three others with it, two with it, and the pairs.
            #expect(search.takenCount >= 1 + 4 + 3 + 9 * 2)
        }
    }

    @Test func whatCannotRunDropsOut() {
        var host = SimulatedHost(ratios: [1, 2, 3, 1.5, 1.2], seed: 8)
        host.refused = [1, 2]
        let search = host.search()
        #expect(search.winner == 3)
        let refused = search.rounds[0].standings.filter { $0.rates == nil }
        #expect(refused.map(\.candidate) == [1, 2] && refused.allSatisfy { $0.ratio == 0 })
        host.refused = [1, 2, 3, 4]
        let alone = host.search()
        #expect(alone.winner == 0 && alone.final == nil && alone.next == nil)
        var single = SimulatedHost(ratios: [1], seed: 1)
        #expect(single.search().takenCount == 0)
        var pair = SimulatedHost(ratios: [1, 1.5], seed: 1)
        let found = pair.search()
        #expect(found.winner == 1 && found.rounds.isEmpty)
    }

    @Test func theSameMeasurementsGiveTheSameSearch() {
        let searches = (0..<2).map { _ in
            var host = SimulatedHost(count: 24, spread: 0.1, seed: 4)
            return host.search(seed: 11)
        }
        #expect(searches[0].rounds == searches[1].rounds && searches[0].final == searches[1].final)
    }
}
