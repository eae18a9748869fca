/// What steps take with and without guesses, as measured: whether guesses pay is a question of their price.
///
/// A value that is told durations; texts do not depend on it, only how fast they come.
struct StepCosts {
    /// What a pass of the draft model reads of weights as a share of the model's: about what it takes, until that was
    /// measured; 0 without one.
    let draftShare: Double
    /// Seconds of a step of generating requests alone, without guesses.
    private var plain: Double?
    /// Seconds that each guess to be checked adds to a step.
    private var perGuess: Double?
    /// Seconds of a pass of the draft model, which makes one guess for each of its requests.
    private var perPass: Double?
    /// Seconds in which the model reads a token of a prompt.
    private var perPromptToken: Double?
    /// Seconds in which the draft model reads a token of a text that it has not followed.
    private var perTokenRead: Double?
    private var plainReadings = 0
    private var guessedSteps = 0
    /// Whether the last step was one without guesses, so that the next finds the caches as such steps leave them.
    private var wasPlain = false

    /// How much a reading counts.
    private static let weight = 0.125
    /// Of fewer tokens a step says nothing of what reading one takes.
    private static let readTokensMin = 16
    /// What to expect that a guess adds, of a step.
    private static let guessShare = 0.25
    /// After so many steps with guesses one is measured without.
    static let plainInterval = 32
    /// So many are measured before there are any: the first are slow.
    static let plainReadingsMin = 4

    /// Up to this share a draft model reads a text at once: in a sixth of the time that the model took for it.
    private static let cheapShare = 1.0 / 6

    init(draftShare: Double = 0) { self.draftShare = draftShare }

    /// Whether a draft model may read texts before it is known what that brings.
    var readingIsCheap: Bool { draftShare <= Self.cheapShare }

    /// Whether it is not known yet what guesses cost.
    func areUnknown(by source: GuessSource) -> Bool { perGuess == nil || source == .draft && perPass == nil }

    /// Whether the next step is to be one without guesses, to know what they cost.
    var needsPlainStep: Bool { plainReadings < Self.plainReadingsMin || guessedSteps >= Self.plainInterval }

    /// A step was computed in which all requests generated.
    mutating func observe(_ duration: Duration, guesses: Int) {
        let seconds = duration / .seconds(1)
        defer { wasPlain = guesses == 0 }
        guard guesses > 0 else {
            guard wasPlain else { return }
            (guessedSteps, plainReadings) = (0, plainReadings + 1)
            plain = Self.mean(plain, seconds)
            return
        }
        guessedSteps += 1
        guard let plain else { return }
        // Never as much as a step of its own. One reading says little: the machine may have been busy, and who thinks
        // guesses too dear makes none, and learns no better.
        let reading = min(max(seconds - plain, 0) / Double(guesses), plain)
        perGuess = Self.mean(perGuess ?? Self.guessShare * plain, reading)
    }

    /// A step was computed of nothing but parts of prompts.
    mutating func observePrompts(_ duration: Duration, tokens: Int) {
        guard tokens >= Self.readTokensMin else { return }
        perPromptToken = Self.mean(perPromptToken, duration / .seconds(1) / Double(tokens))
    }

    /// The draft model ran.
    /// - Parameter tokensRead: of texts that it had not followed, besides those chosen last.
    mutating func observeDrafts(_ duration: Duration, passes: Int, tokensRead: Int) {
        guard passes > 0 else { return }
        let seconds = duration / .seconds(1)
        if tokensRead == 0 {
            perPass = Self.mean(perPass, seconds / Double(passes))
        } else if tokensRead >= Self.readTokensMin {
            let guessing = Double(passes - 1) * (perPass ?? 0)
            perTokenRead = Self.mean(perTokenRead, max(seconds - guessing, 0) / Double(tokensRead))
        }
    }

    /// What a step takes in which each of `requests` has so many guesses, in steps without any.
    func cost(guesses: Int, by source: GuessSource, requests: Int) -> Double {
        guard let plain, plain > 0 else { return 1 }
        let pass = source == .draft ? perPass ?? draftShare * plain : 0
        return 1 + Double(guesses) * (pass + (perGuess ?? 0) * Double(requests)) / plain
    }

    /// What it takes to try a guess at a text of which so many tokens came since the last one, in steps without any.
    func trialCost(by source: GuessSource, unread: Int, requests: Int) -> Double {
        guard let plain, plain > 0 else { return 0 }
        var perToken = source == .draft ? perTokenRead ?? draftShare * (perPromptToken ?? plain) : 0
        if let perPass { perToken = min(perToken, perPass) }
        return cost(guesses: 1, by: source, requests: requests) - 1 + perToken * Double(unread) / plain
    }

    private static func mean(_ before: Double?, _ reading: Double) -> Double {
        before.map { $0 + weight * (reading - $0) } ?? reading
    }
}
