extension Interval {
    /// The ratio of two sums over windows of a text, such as bits to bytes. Tokens beside each other are alike, so the
    /// spread is taken between windows: the standard error of a ratio from clusters, √(m/(m−1)·Σ(aᵢ − R·bᵢ)²)/Σbᵢ (Cochran,
    /// Sampling Techniques, 2.11), times Student's t with m − 1 degrees of freedom.
    ///
    /// - Returns: nil for fewer than two windows, or denominators that add up to zero.
    public static func ratio(_ numerators: [Double], _ denominators: [Double]) -> Interval? {
        precondition(numerators.count == denominators.count)
        let (count, total) = (numerators.count, denominators.reduce(0, +))
        guard count > 1, total > 0 else { return nil }
        let ratio = numerators.reduce(0, +) / total
        let squares = zip(numerators, denominators).reduce(0) { sum, pair in
            let residual = pair.0 - ratio * pair.1
            return sum + residual * residual
        }
        let error = (Double(count) / Double(count - 1) * squares).squareRoot() / total
        let reach = StudentT.quantile975(degreesOfFreedom: count - 1) * error
        return Interval(value: ratio, low: ratio - reach, high: ratio + reach, samples: count, method: .windows)
    }

    /// The share of `count` questions, by Wilson's score (1927), which stays within 0 and 1 and has a width also where all or
    /// none were right.
    public static func share(_ successes: Int, of count: Int) -> Interval {
        precondition(count > 0 && (0...count).contains(successes))
        let (number, z) = (Double(count), StudentT.normal975)
        let share = Double(successes) / number
        let middle = share + z * z / (2 * number)
        let reach = z * (share * (1 - share) / number + z * z / (4 * number * number)).squareRoot()
        let scale = 1 + z * z / number
        // Rounding must not part the value from its interval.
        return Interval(
            value: share, low: max(min((middle - reach) / scale, share), 0),
            high: min(max((middle + reach) / scale, share), 1), samples: count, method: .wilson)
    }
}
