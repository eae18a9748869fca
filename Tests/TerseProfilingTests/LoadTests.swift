import TestSupport
import Testing

@testable import TerseProfiling

/// What clients under load wait for.
@Suite struct LoadTests {
    private func result(_ times: [Double]) -> LoadResult {
        LoadResult(
            answers: times.map { LoadResult.Answer(timeToFirstToken: $0, timePerOutputToken: 2 * $0, tokens: 10) },
            seconds: 4)
    }

    /// Nearest ranks of 1 to 100, and the ranks 1.96 deviations of the binomial distribution away.
    @Test func percentilesAreRanks() {
        let result = result((1...100).shuffled().map(Double.init))
        let median = result.percentile(50, of: \.timeToFirstToken)
        #expect(median.value == 50 && median.low == 41 && median.high == 60 && median.samples == 100)
        #expect(result.percentile(95, of: \.timeToFirstToken).value == 95)
        #expect(result.percentile(99, of: \.timeToFirstToken).high == 100)
        #expect(result.percentile(50, of: \.timePerOutputToken).value == 100)
        #expect(result.tokensPerSecond == 250)
    }

    @Test func fewAnswersHaveWideIntervals() {
        let one = result([3]).percentile(95, of: \.timeToFirstToken)
        #expect(one.value == 3 && one.low == 3 && one.high == 3)
        let two = result([3, 1]).percentile(50, of: \.timeToFirstToken)
        #expect(two.value == 1 && two.low == 1 && two.high == 3)
        #expect(result([]).percentile(50, of: \.timeToFirstToken).value == .infinity)
    }

    /// Half of the intervals of 95 % cover at least that share of seeds: the median of uniform numbers is 0.5.
    @Test func intervalsCover() {
        var random = SplitMix64(seed: FuzzBudget.seed)
        var covered = 0
        for _ in 0..<1000 {
            let times = (0..<80).map { _ in Double(random.next() >> 11) * 0x1p-53 }
            let interval = result(times).percentile(50, of: \.timeToFirstToken)
            if interval.low <= 0.5, 0.5 <= interval.high { covered += 1 }
        }
        #expect(covered >= 920, "\(covered) of 1000")
    }

    @Test func promptsDiffer() {
        let chance = LoadTest(streams: 1, requests: 1, promptTokens: 20, outputTokens: 2)
        #expect(chance.prompt(1, vocabularySize: 300) == chance.prompt(1, vocabularySize: 300))
        #expect(chance.prompt(1, vocabularySize: 300) != chance.prompt(2, vocabularySize: 300))
        #expect(chance.prompt(3, vocabularySize: 7).allSatisfy { (0..<7).contains($0) })
        let text = LoadTest(streams: 1, requests: 1, promptTokens: 20, outputTokens: 2, text: Array(0..<1000))
        let prompt = text.prompt(5, vocabularySize: 2000)
        #expect(zip(prompt, prompt.dropFirst()).allSatisfy { $1 == $0 + 1 } && prompt.count == 20)
    }
}
