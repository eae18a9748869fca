/// Mean and variance of what is added, by Welford's method, which does not cancel.
struct RunningMean {
    private(set) var count = 0
    private(set) var mean = 0.0
    private var squares = 0.0

    mutating func add(_ value: Double) {
        count += 1
        let distance = value - mean
        mean += distance / Double(count)
        squares += distance * (value - mean)
    }

    var sum: Double { mean * Double(count) }

    /// The mean's standard error: that of a sample of independent values. Nil for fewer than two, which do not tell.
    var standardError: Double? {
        count > 1 ? (squares / Double(count - 1) / Double(count)).squareRoot() : nil
    }
}
