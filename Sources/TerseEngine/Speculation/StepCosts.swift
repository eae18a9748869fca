/// What steps take with and without guesses, as measured: whether guesses pay is a question of their price.
///
/// A value that is told durations; texts do not depend on it, only how fast they come.
struct StepCosts {
    /// Seconds of a step of generating requests alone, without guesses.
    private var plain: Double?
    /// Seconds that each guess to be checked adds to a step.
    private var perGuess = 0.0
    /// Seconds of a pass of the draft model, which makes one guess for each of its requests.
    private var perPass = 0.0
    private var guessedSteps = 0

    /// How much a reading counts.
    private static let weight = 0.125
    /// Of so many steps with guesses one is measured without.
    static let plainInterval = 32

    /// Whether the next step is to be one without guesses, to know what they cost.
    var needsPlainStep: Bool { plain == nil || guessedSteps >= Self.plainInterval }

    /// A step was computed in which all requests generated.
    mutating func observe(_ duration: Duration, guesses: Int) {
        let seconds = duration / .seconds(1)
        guard guesses > 0 else {
            guessedSteps = 0
            plain = plain.map { Self.mean($0, seconds) } ?? seconds
            return
        }
        guessedSteps += 1
        guard let plain else { return }
        perGuess = Self.mean(perGuess, max(seconds - plain, 0) / Double(guesses))
    }

    /// The draft model ran.
    mutating func observeDrafts(_ duration: Duration, passes: Int) {
        guard passes > 0 else { return }
        let seconds = duration / .seconds(1) / Double(passes)
        perPass = perPass == 0 ? seconds : Self.mean(perPass, seconds)
    }

    /// What a step takes in which each of `requests` has so many guesses, in steps without any.
    func cost(guesses: Int, requests: Int) -> Double {
        guard let plain, plain > 0 else { return 1 }
        return 1 + Double(guesses) * (perPass + perGuess * Double(requests)) / plain
    }

    private static func mean(_ before: Double, _ reading: Double) -> Double { before + weight * (reading - before) }
}
