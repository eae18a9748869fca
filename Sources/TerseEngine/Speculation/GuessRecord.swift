/// How often guesses at one text have been right of late, and how many are worth their price.
struct GuessRecord {
    let source: GuessSource
    /// The share of guesses that were right, of those whose forerunners were.
    private(set) var rate: Double
    /// How much a guess counts.
    private let weight: Double
    /// Steps since guesses were last tried.
    private var idleSteps = 0
    /// Tokens of the text when they were: what a draft model has read of it.
    private var readTokens = 0

    /// Where guesses do not pay, one is tried after so many steps at the earliest: texts change.
    static let retryInterval = 32
    /// And only when it takes at most this share of the time since the last: a draft model must read what it missed, which may
    /// take longer than it can ever save.
    static let trialShareMax = 0.02
    /// The first trial of all, from which prices are learned, may take more.
    static let firstTrialShareMax = 0.05

    /// - Parameter rate: what to expect of the text: what became of others.
    init(by source: GuessSource, rate: Double = 0.8, weight: Double = 0.125) {
        (self.source, self.rate, self.weight) = (source, rate, weight)
    }

    /// Of `guessed` tokens the first `right` were right.
    mutating func learn(guessed: Int, right: Int) {
        guard guessed > 0 else { return }
        for _ in 0..<right { rate += weight * (1 - rate) }
        if right < guessed { rate -= weight * rate }
    }

    /// How many tokens to guess at: as many as give the most tokens in the time that they take.
    ///
    /// A draft model must read a text before it can guess at it. Unless that is cheap, it waits until guesses would have made good what reading costs: the
    /// best bet on a text that may end at any moment.
    ///
    /// - Parameters:
    ///   - limit: the most that there is room for.
    ///   - requests: that guess in the same step.
    ///   - textTokens: of the text so far, prompt and all.
    mutating func count(upTo limit: Int, _ costs: StepCosts, requests: Int, textTokens: Int) -> Int {
        guard limit > 0 else { return 0 }
        let (best, saving) = best(upTo: limit, costs, requests: requests)
        let trial = costs.trialCost(by: source, unread: textTokens - readTokens, requests: requests)
        let isRead = source == .lookup || readTokens > 0 || costs.readingIsCheap
        if best > 0, isRead || trial <= saving * Double(idleSteps) {
            (idleSteps, readTokens) = (0, textTokens)
            return best
        }
        idleSteps += 1
        guard idleSteps >= Self.retryInterval, trial <= Self.trialShareMax * Double(idleSteps) else { return 0 }
        (idleSteps, readTokens) = (0, textTokens)
        return 1
    }

    /// How many guesses give the most tokens in a time, and what share of the time they save; one while nobody knows what guesses cost. With a
    /// rate r, a step with k guesses gives 1 + r + … + r^k tokens.
    func best(upTo limit: Int, _ costs: StepCosts, requests: Int) -> (count: Int, saving: Double) {
        guard limit > 0 else { return (0, 0) }
        guard !costs.areUnknown(by: source) else { return (1, Self.firstTrialShareMax) }
        var (best, bestSpeed, tokens, power) = (0, 1.0, 1.0, 1.0)
        for count in 1...limit {
            power *= rate
            tokens += power
            let speed = tokens / costs.cost(guesses: count, by: source, requests: requests)
            if speed > bestSpeed { (best, bestSpeed) = (count, speed) }
        }
        return (best, 1 - 1 / bestSpeed)
    }
}
