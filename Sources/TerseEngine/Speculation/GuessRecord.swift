/// How often guesses at one text have been right of late, and how many are worth their price.
struct GuessRecord {
    /// The share of guesses that were right, of those whose forerunners were.
    private(set) var rate = 0.8
    /// Steps since guesses were last tried.
    private var idleSteps = 0

    /// How much a guess counts.
    private static let weight = 0.125
    /// Where guesses do not pay, one is tried after so many steps at the earliest: texts change.
    static let retryInterval = 32
    /// And only when it takes at most this share of the time since the last: a draft model must read what it missed, which may
    /// take longer than it can ever save.
    static let trialShareMax = 0.02

    /// Of `guessed` tokens the first `right` were right.
    mutating func learn(guessed: Int, right: Int) {
        guard guessed > 0 else { return }
        for _ in 0..<right { rate += Self.weight * (1 - rate) }
        if right < guessed { rate -= Self.weight * rate }
    }

    /// How many tokens to guess at: as many as give the most tokens in the time that they take. With a rate r, a step with
    /// k guesses gives 1 + r + … + r^k tokens.
    ///
    /// - Parameters:
    ///   - limit: the most that there is room for.
    ///   - requests: that guess in the same step.
    mutating func count(upTo limit: Int, _ costs: StepCosts, requests: Int) -> Int {
        guard limit > 0 else { return 0 }
        guard !costs.areUnknown else { return 1 }
        var (best, bestSpeed, tokens, power) = (0, 1.0, 1.0, 1.0)
        for count in 1...limit {
            power *= rate
            tokens += power
            let speed = tokens / costs.cost(guesses: count, requests: requests)
            if speed > bestSpeed { (best, bestSpeed) = (count, speed) }
        }
        idleSteps = best > 0 ? 0 : idleSteps + 1
        let trial = costs.trialCost(unread: idleSteps, requests: requests)
        guard idleSteps >= Self.retryInterval, trial <= Self.trialShareMax * Double(idleSteps) else { return best }
        idleSteps = 0
        return 1
    }
}
