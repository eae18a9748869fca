import Testing

@testable import TerseEngine

/// Whether guesses pay, by durations that the test makes up.
@Suite struct GuessRecordTests {
    /// - Parameters:
    ///   - perGuess: milliseconds that a guess adds to a step of 10.
    ///   - perPass: milliseconds of a pass of the draft model.
    private func costs(perGuess: Int, perPass: Int) -> StepCosts {
        var costs = StepCosts()
        costs.observe(.milliseconds(10), guesses: 0)
        for _ in 0..<200 {
            costs.observe(.milliseconds(10 + 4 * perGuess), guesses: 4)
            costs.observeDrafts(.milliseconds(4 * perPass), passes: 4)
        }
        costs.observe(.milliseconds(10), guesses: 0)
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
        #expect(costs.needsPlainStep)
        costs.observe(.milliseconds(1), guesses: 0)
        for _ in 0..<StepCosts.plainInterval {
            #expect(!costs.needsPlainStep)
            costs.observe(.milliseconds(1), guesses: 2)
        }
        #expect(costs.needsPlainStep)
        costs.observe(.milliseconds(1), guesses: 0)
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
}
