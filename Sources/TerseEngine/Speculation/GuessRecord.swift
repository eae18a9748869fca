/// How often guesses of one source at one text have been right of late, and how many are worth their price.
struct GuessRecord {
    /// What guesses would bring.
    struct Promise {
        var count = 0
        /// The share of the time that they would save.
        var saving = 0.0
    }

    let source: GuessSource
    private(set) var rate: HitRate
    /// Steps since guesses were last checked.
    private var idleSteps = 0

    /// Where guesses do not pay, one is tried after so many steps at the earliest: texts change.
    static let retryInterval = 32
    /// And only when it takes at most this share of the time since the last: a draft model must read what it missed, which
    /// may take longer than it can ever save.
    static let trialShareMax = 0.02
    /// Of lookups it is known without trials how often they are right: below this rate what they cost by now is not worth
    /// finding out.
    static let trialRateMin = 0.5
    /// Tokens that a draft model has to read after a few steps without it.
    static let unreadFew = 8

    /// - Parameter rate: what to expect of the text: what became of others.
    init(by source: GuessSource, rate: Double = HitRate.draftPrior) {
        self.source = source
        self.rate = HitRate(rate)
    }

    /// Of `guessed` tokens the first `right` were right; nobody need have checked them.
    mutating func learn(guessed: Int, right: Int) { rate.learn(guessed: guessed, right: right) }

    /// Guesses are checked, or there is nothing to be guessed at for now.
    mutating func rest() { idleSteps = 0 }

    /// How many guesses give the most tokens in the time that they take; one while nobody knows what they cost. With a rate r,
    /// a step with k guesses gives 1 + r + … + r^k tokens.
    ///
    /// - Parameters:
    ///   - limit: the most that there is room for.
    ///   - requests: that guess in the same step.
    func promise(upTo limit: Int, _ costs: StepCosts, requests: Int) -> Promise {
        guard limit > 0 else { return Promise() }
        guard !costs.areUnknown(by: source) else { return Promise(count: 1, saving: Self.trialShareMax) }
        var (best, bestSpeed, tokens, power) = (0, 1.0, 1.0, 1.0)
        for count in 1...limit {
            power *= rate.value
            tokens += power
            let speed = tokens / costs.cost(guesses: count, by: source, requests: requests)
            if speed > bestSpeed { (best, bestSpeed) = (count, speed) }
        }
        return Promise(count: best, saving: 1 - 1 / bestSpeed)
    }

    /// How many tokens to guess at in the next step.
    ///
    /// A draft model must read a text before it can guess at it. Unless that is cheap, it waits until guesses would have made
    /// good what reading costs: the best bet on a text that may end at any moment.
    ///
    /// - Parameter unread: tokens of the text that a draft model has yet to read.
    mutating func count(_ promise: Promise, _ costs: StepCosts, requests: Int, unread: Int) -> Int {
        let trial = costs.trialCost(by: source, unread: unread, requests: requests)
        let isRead = unread <= Self.unreadFew || costs.readingIsCheap
        if promise.count > 0, isRead || trial <= promise.saving * Double(idleSteps) { return promise.count }
        idleSteps += 1
        guard source == .draft || rate.value >= Self.trialRateMin else { return 0 }
        return idleSteps >= Self.retryInterval && trial <= Self.trialShareMax * Double(idleSteps) ? 1 : 0
    }
}
