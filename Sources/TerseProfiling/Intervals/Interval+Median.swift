extension Interval {
    /// The fewest repetitions whose least and greatest enclose the median with 95 %: 1 − 2⁻⁵ is 96.9 %.
    public static let repetitionsMin = 6
    /// With more, 2⁻ⁿ would be no normal number.
    public static let repetitionsMax = 1000

    /// The median, between two of the values that enclose the median of what they are drawn from with at least 95 %, however
    /// that is distributed: the k-th least and k-th greatest with the largest k for which 2·P(B(n, ½) < k) ≤ 5 % (Conover,
    /// Practical Nonparametric Statistics, 3.2). Of fewer than `repetitionsMin` values the least and greatest, which enclose
    /// it with 1 − 2¹⁻ⁿ.
    ///
    /// - Parameter values: 1 to `repetitionsMax` numbers, in any order.
    public static func median(of values: [Double]) -> Interval {
        precondition((1...repetitionsMax).contains(values.count))
        let sorted = values.sorted()
        let (count, middle) = (sorted.count, sorted.count / 2)
        let median = count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        let dropped = droppedAtEachEnd(of: count)
        return Interval(
            value: median, low: sorted[dropped], high: sorted[count - 1 - dropped], samples: count,
            method: .orderStatistics)
    }

    /// k − 1: how many of the least, and of the greatest, the interval leaves out.
    static func droppedAtEachEnd(of count: Int) -> Int {
        var term = 1.0
        for _ in 0..<count { term /= 2 }
        var (below, dropped) = (term, 0)
        while true {
            term *= Double(count - dropped) / Double(dropped + 1)
            below += term
            guard 2 * below <= 0.05 else { return dropped }
            dropped += 1
        }
    }
}
