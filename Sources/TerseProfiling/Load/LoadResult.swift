/// What clients waited for.
public struct LoadResult: Sendable, Equatable {
    /// One answer.
    public struct Answer: Sendable, Equatable {
        /// Seconds.
        public let timeToFirstToken: Double
        /// Seconds between two tokens, on average.
        public let timePerOutputToken: Double
        public let tokens: Int

        init(timeToFirstToken: Double, timePerOutputToken: Double, tokens: Int) {
            (self.timeToFirstToken, self.timePerOutputToken) = (timeToFirstToken, timePerOutputToken)
            self.tokens = tokens
        }
    }

    public let answers: [Answer]
    /// Of the whole.
    public let seconds: Double

    init(answers: [Answer], seconds: Double) { (self.answers, self.seconds) = (answers, seconds) }

    /// Tokens of all answers, over the whole time.
    public var tokensPerSecond: Double { Double(answers.reduce(0) { $0 + $1.tokens }) / max(seconds, 1e-9) }

    /// The least value that so many percent of the answers do not exceed (nearest rank), with its interval of 95 % by the
    /// binomial distribution of ranks; an end that so few answers cannot tell is the outermost one.
    public func percentile(_ percent: Int, of quantity: KeyPath<Answer, Double>) -> Interval {
        let values = answers.map { $0[keyPath: quantity] }.sorted()
        guard let last = values.last else { return .single(.infinity) }
        let (count, share) = (Double(values.count), Double(percent) / 100)
        func value(rank: Double) -> Double { values[min(max(Int(rank.rounded(.up)), 1), values.count) - 1] }
        let deviation = 1.96 * (count * share * (1 - share)).squareRoot()
        let high = count * share + deviation > count - 1 ? last : value(rank: count * share + deviation)
        return Interval(
            value: value(rank: count * share), low: value(rank: count * share - deviation), high: high,
            samples: values.count, method: .orderStatistics)
    }
}
