import Testing

@testable import TerseEngine

/// Whether guesses pay, by durations that the test makes up.
@Suite struct GuessRecordTests {
    /// - Parameters:
    ///   - perGuess: milliseconds that a guess adds to a step of 10.
    ///   - perPass: milliseconds of a pass of the draft model.
    private func costs(perGuess: Int, perPass: Int) -> StepCosts {
        var costs = known()
        for _ in 0..<200 {
            costs.observe(.milliseconds(10 + 4 * perGuess), guesses: 4)
            costs.observeDrafts(.milliseconds(4 * perPass), passes: 4, tokensRead: 0)
        }
        for _ in 0..<2 { costs.observe(.milliseconds(10), guesses: 0) }
        return costs
    }

    /// Steps take 10 ms, guesses nobody knows what.
    private func known(draftShare: Double = 0) -> StepCosts {
        var costs = StepCosts(draftShare: draftShare)
        // The first step is slow, and not counted.
        costs.observe(.milliseconds(30), guesses: 0)
        for _ in 0..<StepCosts.plainReadingsMin { costs.observe(.milliseconds(10), guesses: 0) }
        return costs
    }

    private func record(rightOf guessed: Int, _ right: Int) -> GuessRecord {
        var record = GuessRecord(by: .draft)
        _ = record.count(upTo: 1, StepCosts(), requests: 1, textTokens: 0)
        for _ in 0..<100 { record.learn(guessed: guessed, right: right) }
        return record
    }

    @Test func costsAreWhatWasMeasured() {
        let costs = costs(perGuess: 1, perPass: 2)
        #expect(abs(costs.cost(guesses: 1, by: .draft, requests: 1) - 1.3) < 1e-6)
        #expect(abs(costs.cost(guesses: 3, by: .draft, requests: 2) - 2.2) < 1e-6)
        #expect(StepCosts().cost(guesses: 5, by: .draft, requests: 3) == 1)
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
        #expect(record.count(upTo: 7, costs(perGuess: 0, perPass: 1), requests: 1, textTokens: 0) == 7)
        #expect(record.count(upTo: 0, costs(perGuess: 0, perPass: 1), requests: 1, textTokens: 0) == 0)
    }

    /// Of two guesses one is right: a second one is worth a quarter of a token.
    @Test func priceDecidesHowMany() {
        var record = record(rightOf: 2, 1)
        #expect(record.count(upTo: 7, costs(perGuess: 0, perPass: 0), requests: 1, textTokens: 0) == 7)
        let few = record.count(upTo: 7, costs(perGuess: 1, perPass: 1), requests: 1, textTokens: 0)
        #expect((1...3).contains(few))
        #expect(record.count(upTo: 7, costs(perGuess: 5, perPass: 3), requests: 1, textTokens: 0) == 0)
        // Four requests share a pass of the draft model, and each has its own guess checked.
        #expect(record.count(upTo: 7, costs(perGuess: 2, perPass: 0), requests: 4, textTokens: 0) == 0)
    }

    @Test func whatDoesNotPayIsTriedNowAndThen() {
        var record = record(rightOf: 4, 0)
        let costs = costs(perGuess: 2, perPass: 2)
        let counts = (0..<2 * GuessRecord.retryInterval).map { _ in
            record.count(upTo: 7, costs, requests: 1, textTokens: 0)
        }
        #expect(counts.reduce(0, +) == 2 && counts[GuessRecord.retryInterval - 1] == 1)
        // Right again: it pays again.
        for _ in 0..<20 { record.learn(guessed: 1, right: 1) }
        #expect(record.count(upTo: 7, costs, requests: 1, textTokens: 0) > 0)
    }

    /// Trials may take a fiftieth of the time: with a guess at 40 ms and steps of 10 ms, one in 200 steps.
    @Test func dearTrialsAreRare() {
        var record = record(rightOf: 4, 0)
        let costs = costs(perGuess: 20, perPass: 20)
        let counts = (0..<400).map { _ in record.count(upTo: 7, costs, requests: 1, textTokens: 0) }
        #expect(counts.indices.filter { counts[$0] > 0 } == [199, 399])
    }

    /// A draft model that takes as long to read a token as is allowed in all, or longer, is not asked again.
    @Test func whatWouldTakeTooLongToReadIsNotRead() {
        var record = record(rightOf: 4, 0)
        var costs = costs(perGuess: 2, perPass: 2)
        costs.observeDrafts(.milliseconds(100), passes: 1, tokensRead: 100)
        #expect((0..<2000).allSatisfy { record.count(upTo: 7, costs, requests: 1, textTokens: $0) == 0 })
        costs.observeDrafts(.milliseconds(10), passes: 1, tokensRead: 100)
        #expect(record.count(upTo: 7, costs, requests: 1, textTokens: 2000) == 1)
    }

    /// Nobody knows what guesses cost: the first time there is one.
    @Test func theFirstTrialIsShort() {
        var record = GuessRecord(by: .draft)
        var costs = known()
        #expect(record.count(upTo: 7, costs, requests: 1, textTokens: 0) == 1)
        costs.observe(.milliseconds(10), guesses: 1)
        #expect(record.count(upTo: 7, costs, requests: 1, textTokens: 0) == 1)
        costs.observeDrafts(.milliseconds(0), passes: 1, tokensRead: 0)
        #expect(record.count(upTo: 7, costs, requests: 1, textTokens: 0) == 7)
    }

    /// A draft model of half the size makes a pass in half a step of 10 ms, and would read a text of 100 tokens in 50, or, where the model reads prompts
    /// five times as fast, in 10. Until it is known what guesses cost, that may be a twentieth of the time, afterwards as much as they would have saved, which here is half.
    @Test func readingATextMustPay() {
        func stepsBefore(_ costs: StepCosts, rate: Double) -> Int? {
            var record = GuessRecord(by: .draft, rate: rate)
            return (0..<3000).first { _ in record.count(upTo: 1, costs, requests: 1, textTokens: 100) > 0 }
        }
        var costs = known(draftShare: 0.5)
        #expect(stepsBefore(costs, rate: 1) == 1010)
        costs.observePrompts(.milliseconds(200), tokens: 100)
        #expect(stepsBefore(costs, rate: 1) == 210)
        costs.observe(.milliseconds(10), guesses: 1)
        costs.observeDrafts(.milliseconds(0), passes: 1, tokensRead: 0)
        #expect(stepsBefore(costs, rate: 1) == 20)
        #expect(stepsBefore(costs, rate: 0) == 499)  // as any trial
        // As it was measured: a step for each token.
        costs.observeDrafts(.milliseconds(1000), passes: 1, tokensRead: 100)
        #expect(stepsBefore(costs, rate: 1) == 200)
        #expect(stepsBefore(costs, rate: 0) == nil)
        // A tenth of the size: at once.
        #expect(stepsBefore(known(draftShare: 0.1), rate: 1) == 0)
    }

    /// What is looked up needs no reading, and no pass.
    @Test func lookingUpCostsOnlyTheCheck() {
        var record = GuessRecord(by: .lookup)
        let costs = costs(perGuess: 1, perPass: 20)
        #expect(abs(costs.cost(guesses: 2, by: .lookup, requests: 1) - 1.2) < 1e-6)
        #expect(record.count(upTo: 7, costs, requests: 1, textTokens: 1000) > 2)
        #expect(record.best(upTo: 7, costs, requests: 1).saving > 0.5)
    }
}
