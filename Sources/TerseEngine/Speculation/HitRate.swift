/// The share of guesses that were right of late, of those whose forerunners were.
struct HitRate {
    private(set) var value: Double
    /// How much a guess counts.
    private let weight: Double

    /// What is expected of a draft model's guesses before there were any.
    static let draftPrior = 0.8
    /// And of lookups: they teach unchecked too, so no optimism is needed.
    static let lookupPrior = 0.5

    init(_ value: Double = Self.draftPrior, weight: Double = 0.125) {
        (self.value, self.weight) = (value, weight)
    }

    /// Of `guessed` tokens the first `right` were right.
    mutating func learn(guessed: Int, right: Int) {
        for _ in 0..<right { value += weight * (1 - value) }
        if right < guessed { value -= weight * value }
    }

    /// Comes a little nearer to what is expected before there were any, so that what fared badly is tried again one day.
    mutating func fade() { value += weight * (Self.draftPrior - value) }
}
