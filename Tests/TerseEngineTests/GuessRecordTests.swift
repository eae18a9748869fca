import Testing

@testable import TerseEngine

/// Whether guesses pay, by durations that the test makes up.
@Suite struct GuessRecordTests {
    /// - Parameters:
    ///   - perGuess: milliseconds that a guess adds to a step of 10.
    ///   - perPass: milliseconds of a pass of the draft model.
    private func costs(perGuess: Int, perPass: Int) -> StepCosts {
        var costs = known
        for _ in 0..<200 {
            costs.observe(.milliseconds(10 + 4 * perGuess), guesses: 4)
            costs.observeDrafts(.milliseconds(4 * perPass), passes: 4, tokensRead: 0)
        }
        for _ in 0..<2 { costs.observe(.milliseconds(10), guesses: 0) }
        return costs
    }

    /// Steps take 10 ms, guesses nobody knows what.
    private var known: StepCosts {
        var costs = StepCosts()
        // The first step is slow, and not counted.
        costs.observe(.milliseconds(30), guesses: 0)
        for _ in 0..<StepCosts.plainReadingsMin { costs.observe(.milliseconds(10), guesses: 0) }
        return costs
    }

    private func record(rightOf guessed: Int, _ right: Int) -> GuessRecord {
        var record = GuessRecord()
        for _ in 0..<100 { record.learn(guessed: guessed, right: right) }
        return record
    }

    @Test func costsAreWhatWasMeasured() {
        let costs = costs(perGuess: 1, perPass: 2)
        #expect(abs(costs.cost(guesses: 1, requests: 1) - 1.3) < 1e-6)
        #expect(abs(costs.cost(guesses: 3, requests: 2) - 2.2) < 1e-6)
        #expect(StepCosts().cost(guesses: 5, requests: 3) == 1)
    }

    @Test func plainStepsAreMeasuredNowAndThen() {
        var costs = StepCosts()
        for _ in 0...StepCosts.plainReadingsMin {
            #expect(costs.needsPlainStep)
            costs.observe(.milliseconds(10), guesses: 0)
        }
        for _ in 0..<StepCosts.plainInterval {
            #expect(!costs.needsPlainStep)
            costs.observe(.milliseconds(10), guesses: 2)
        }
        // What comes right after guesses finds other caches.
        for _ in 0..<2 {
            #expect(costs.needsPlainStep)
            costs.observe(.milliseconds(10), guesses: 0)
        }
        #expect(!costs.needsPlainStep)
    }

    @Test func goodAndCheapGuessesAreTakenToTheLimit() {
        var record = record(rightOf: 4, 4)
        #expect(record.rate > 0.99)
        #expect(record.count(upTo: 7, costs(perGuess: 0, perPass: 1), requests: 1) == 7)
        #expect(record.count(upTo: 0, costs(perGuess: 0, perPass: 1), requests: 1) == 0)
    }

    /// Of two guesses one is right: a second one is worth a quarter of a token.
    @Test func priceDecidesHowMany() {
        var record = record(rightOf: 2, 1)
        #expect(record.count(upTo: 7, costs(perGuess: 0, perPass: 0), requests: 1) == 7)
        let few = record.count(upTo: 7, costs(perGuess: 1, perPass: 1), requests: 1)
        #expect((1...3).contains(few))
        #expect(record.count(upTo: 7, costs(perGuess: 5, perPass: 3), requests: 1) == 0)
        // Four requests share a pass of the draft model, and each has its own guess checked.
        #expect(record.count(upTo: 7, costs(perGuess: 2, perPass: 0), requests: 4) == 0)
    }

    @Test func whatDoesNotPayIsTriedNowAndThen() {
        var record = record(rightOf: 4, 0)
        let costs = costs(perGuess: 2, perPass: 2)
        let counts = (0..<2 * GuessRecord.retryInterval).map { _ in record.count(upTo: 7, costs, requests: 1) }
        #expect(counts.reduce(0, +) == 2 && counts[GuessRecord.retryInterval - 1] == 1)
        // Right again: it pays again.
        for _ in 0..<20 { record.learn(guessed: 1, right: 1) }
        #expect(record.count(upTo: 7, costs, requests: 1) > 0)
    }

    /// Trials may take a fiftieth of the time: with a guess at 40 ms and steps of 10 ms, one in 200 steps.
    @Test func dearTrialsAreRare() {
        var record = record(rightOf: 4, 0)
        let costs = costs(perGuess: 20, perPass: 20)
        let counts = (0..<400).map { _ in record.count(upTo: 7, costs, requests: 1) }
        #expect(counts.indices.filter { counts[$0] > 0 } == [199, 399])
    }

    /// A draft model that takes as long to read a token as is allowed in all, or longer, is not asked again.
    @Test func whatWouldTakeTooLongToReadIsNotRead() {
        var record = record(rightOf: 4, 0)
        var costs = costs(perGuess: 2, perPass: 2)
        costs.observeDrafts(.milliseconds(100), passes: 1, tokensRead: 100)
        #expect((0..<2000).allSatisfy { _ in record.count(upTo: 7, costs, requests: 1) == 0 })
        costs.observeDrafts(.milliseconds(10), passes: 1, tokensRead: 100)
        #expect(record.count(upTo: 7, costs, requests: 1) == 1)
    }

    /// Nobody knows what guesses cost: the first time there is one.
    @Test func theFirstTrialIsShort() {
        var record = GuessRecord()
        var costs = known
        #expect(record.count(upTo: 7, costs, requests: 1) == 1)
        costs.observe(.milliseconds(10), guesses: 1)
        #expect(record.count(upTo: 7, costs, requests: 1) == 7)
    }
}
