/// The share of guesses that were right of late, of those whose forerunners were.
struct HitRate {
    private(set) var value: Double
    /// How much a guess counts.
    private let weight: Double

    /// What is expected of a draft model's guesses before there were any.
    static let expected = 0.8
    /// And of what is looked up: every text shows for nothing what to think of it.
    static let even = 0.5

    init(_ value: Double = Self.expected, weight: Double = 0.125) {
        (self.value, self.weight) = (value, weight)
    }

    /// Of `guessed` tokens the first `right` were right.
    mutating func learn(guessed: Int, right: Int) {
        for _ in 0..<right { value += weight * (1 - value) }
        if right < guessed { value -= weight * value }
    }

    /// Comes a little nearer to what is expected before there were any, so that what fared badly is tried again one day.
    mutating func fade() { value += weight * (Self.expected - value) }
}
