/// Requests whose workers died more than once, in a line: one at a time is tried again. A value.
///
/// A worker's death does not tell which of its requests it was over. Most deaths are over none of them, so after the first all
/// go on together. Over one that kills every worker they die together again; from then on none of them runs beside another
/// until it has got further: so what kills workers does it without company from this line, and an innocent request is never
/// charged with more than two deaths by the same other one.
struct RetryLine: Sendable {
    typealias Number = UInt64

    private var line: [Number] = []
    private var last: Number = 0

    /// Whether a request must stand in the line before it is tried again.
    static func isNeeded(afterDeaths deaths: Int) -> Bool { deaths > 1 }

    /// Takes a place at the end.
    mutating func join() -> Number {
        last += 1
        line.append(last)
        return last
    }

    func hasTurn(_ number: Number) -> Bool { line.first == number }

    /// Leaves, wherever it stands.
    mutating func leave(_ number: Number) { line.removeAll { $0 == number } }
}
