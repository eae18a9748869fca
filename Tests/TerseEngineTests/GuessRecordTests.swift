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
        for _ in 0..<100 { record.learn(guessed: guessed, right: right) }
        return record
    }

    private func count(
        _ record: inout GuessRecord, upTo limit: Int, _ costs: StepCosts, requests: Int = 1, unread: Int = 0
    ) -> Int {
        record.count(
            record.promise(upTo: limit, costs, requests: requests), costs, requests: requests, unread: unread)
    }

    /// The steps with guesses, all of which are wrong.
    private func trials(_ record: inout GuessRecord, _ costs: StepCosts, steps: Int) -> [Int] {
        (0..<steps).filter { _ in
            let count = count(&record, upTo: 7, costs)
            if count > 0 {
                record.learn(guessed: count, right: 0)
                record.rest()
            }
            return count > 0
        }
    }

    @Test func costsAreWhatWasMeasured() {
        let costs = costs(perGuess: 1, perPass: 2)
        #expect(abs(costs.cost(guesses: 1, by: .draft, requests: 1) - 1.3) < 1e-6)
        #expect(abs(costs.cost(guesses: 3, by: .draft, requests: 2) - 2.2) < 1e-6)
        #expect(StepCosts().cost(guesses: 5, by: .draft, requests: 3) == 1)
    }

    /// However long it took, and whatever else the machine did then.
    @Test func oneSlowStepDoesNotMakeGuessesDear() {
        var costs = known()
        costs.observe(.seconds(1), guesses: 1)
        #expect(costs.cost(guesses: 1, by: .lookup, requests: 1) < 1.4)
        for _ in 0..<100 { costs.observe(.seconds(1), guesses: 1) }
        #expect(abs(costs.cost(guesses: 1, by: .lookup, requests: 1) - 2) < 1e-3)
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
        #expect(record.rate.value > 0.99)
        #expect(count(&record, upTo: 7, costs(perGuess: 0, perPass: 1)) == 7)
        #expect(count(&record, upTo: 0, costs(perGuess: 0, perPass: 1)) == 0)
    }

    /// Of two guesses one is right: a second one is worth a quarter of a token.
    @Test func priceDecidesHowMany() {
        var record = record(rightOf: 2, 1)
        #expect(count(&record, upTo: 7, costs(perGuess: 0, perPass: 0)) == 7)
        #expect((1...3).contains(count(&record, upTo: 7, costs(perGuess: 1, perPass: 1))))
        #expect(count(&record, upTo: 7, costs(perGuess: 5, perPass: 3)) == 0)
        // Four requests share a pass of the draft model, and each has its own guess checked.
        #expect(count(&record, upTo: 7, costs(perGuess: 2, perPass: 0), requests: 4) == 0)
    }

    @Test func whatDoesNotPayIsTriedNowAndThen() {
        var record = record(rightOf: 4, 0)
        let costs = costs(perGuess: 2, perPass: 2)
        #expect(trials(&record, costs, steps: 2 * GuessRecord.retryInterval) == [31, 63])
        // Right again: it pays again.
        for _ in 0..<20 { record.learn(guessed: 1, right: 1) }
        #expect(count(&record, upTo: 7, costs) > 0)
    }

    /// A trial is over when a guess was checked: not every step has one to offer.
    @Test func aTrialWaitsForSomethingToGuess() {
        var record = record(rightOf: 4, 0)
        let costs = costs(perGuess: 2, perPass: 2)
        let counts = (0..<40).map { _ in count(&record, upTo: 7, costs) }
        #expect(counts == Array(repeating: 0, count: 31) + Array(repeating: 1, count: 9))
        record.rest()
        #expect(count(&record, upTo: 7, costs) == 0)
    }

    /// Trials may take a fiftieth of the time: with a guess at 30 ms and steps of 10 ms, one in 150 steps.
    @Test func dearTrialsAreRare() {
        var record = record(rightOf: 4, 0)
        #expect(trials(&record, costs(perGuess: 10, perPass: 20), steps: 300) == [149, 299])
    }

    /// A draft model that takes as long to read a token as is allowed in all, or longer, is not asked again.
    @Test func whatWouldTakeTooLongToReadIsNotRead() {
        var record = record(rightOf: 4, 0)
        var costs = costs(perGuess: 2, perPass: 2)
        costs.observeDrafts(.milliseconds(100), passes: 1, tokensRead: 100)
        #expect((0..<2000).allSatisfy { count(&record, upTo: 7, costs, unread: $0) == 0 })
        for _ in 0..<30 { costs.observeDrafts(.milliseconds(10), passes: 1, tokensRead: 100) }
        #expect(count(&record, upTo: 7, costs, unread: 2000) == 1)
    }

    /// Nobody knows what guesses cost: the first time there is one.
    @Test func theFirstTrialIsShort() {
        var record = GuessRecord(by: .draft)
        var costs = known()
        #expect(count(&record, upTo: 7, costs) == 1)
        costs.observe(.milliseconds(10), guesses: 1)
        #expect(count(&record, upTo: 7, costs) == 1)
        costs.observeDrafts(.milliseconds(0), passes: 1, tokensRead: 0)
        #expect((3...6).contains(count(&record, upTo: 7, costs)))
        for _ in 0..<100 { costs.observe(.milliseconds(10), guesses: 1) }
        #expect(count(&record, upTo: 7, costs) == 7)
    }

    /// A draft model of half the size makes a pass in half a step of 10 ms, and would read 100 tokens in 50, or, where the
    /// model reads prompts five times as fast, in 10. Until it is known what guesses cost, that may be a fiftieth of the
    /// time, afterwards as much as they would have saved, which here is a quarter.
    @Test func readingATextMustPay() {
        func stepsBefore(_ costs: StepCosts, rate: Double) -> Int {
            var record = GuessRecord(by: .draft, rate: rate)
            return (0..<3000).first { _ in count(&record, upTo: 1, costs, unread: 100) > 0 } ?? 3000
        }
        var costs = known(draftShare: 0.5)
        #expect((2520...2530).contains(stepsBefore(costs, rate: 1)))
        costs.observePrompts(.milliseconds(200), tokens: 100)
        #expect((520...530).contains(stepsBefore(costs, rate: 1)))
        for _ in 0..<100 { costs.observe(.milliseconds(10), guesses: 1) }
        costs.observeDrafts(.milliseconds(5), passes: 1, tokensRead: 0)
        #expect((40...44).contains(stepsBefore(costs, rate: 1)))
        #expect((520...530).contains(stepsBefore(costs, rate: 0)))  // as any trial
        // A reading took longer, as the first may: a token takes a pass at most.
        costs.observeDrafts(.milliseconds(1000), passes: 1, tokensRead: 100)
        #expect((198...206).contains(stepsBefore(costs, rate: 1)))
        // A tenth of the size, or nothing to read: at once.
        #expect(stepsBefore(known(draftShare: 0.1), rate: 1) == 0)
        var record = GuessRecord(by: .draft)
        #expect(count(&record, upTo: 1, known(draftShare: 0.5), unread: GuessRecord.unreadFew) == 1)
    }

    /// What is looked up needs no reading, and no pass.
    @Test func lookingUpCostsOnlyTheCheck() {
        let record = GuessRecord(by: .lookup)
        let costs = costs(perGuess: 1, perPass: 20)
        #expect(abs(costs.cost(guesses: 2, by: .lookup, requests: 1) - 1.2) < 1e-6)
        let promise = record.promise(upTo: 7, costs, requests: 1)
        #expect(promise.count > 2 && promise.saving > 0.5)
    }

    /// How often it is right is known without a trial, and what a guess costs matters little to what is mostly wrong.
    @Test(arguments: [(0.4, 0), (0.9, 2)])
    func lookingUpIsTriedWhereItIsMostlyRight(rate: Double, trials: Int) {
        var record = GuessRecord(by: .lookup, rate: rate)
        let costs = costs(perGuess: 12, perPass: 0)
        let tried = (0..<4 * GuessRecord.retryInterval).filter { _ in
            let count = count(&record, upTo: 7, costs)
            if count > 0 { record.rest() }
            return count > 0
        }
        #expect(tried.count == trials)
    }

    @Test func whatFaredBadlyIsTriedAgainOneDay() {
        var rate = HitRate(weight: 1 / 64)
        for _ in 0..<1000 { rate.learn(guessed: 1, right: 0) }
        #expect(rate.value < 0.01)
        for _ in 0..<200 { rate.fade() }
        #expect(rate.value > 0.7 && rate.value < HitRate.draftPrior)
    }
}
