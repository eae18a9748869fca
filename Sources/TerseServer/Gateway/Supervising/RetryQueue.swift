/// Requests whose workers died more than once, let out a group at a time. A value.
///
/// A worker's death does not tell which of its requests it was over. Most deaths are over none of them, so after the first all
/// go on together. Those that have got no further by the second are suspects: they run in groups, the next one half as large
/// when one of a group's requests died, twice as large when none did. So the one over which workers die is found by bisection,
/// and whom a death concerns is known where a group was of one.
struct RetryQueue: Sendable {
    typealias Number = UInt64

    /// In the order in which they came.
    private var waiting: [Number] = []
    /// Of those that were let out together, the ones that still run.
    private var group: Set<Number> = []
    /// How many were let out together, and whether one of them has died.
    private var (groupCount, hasDied) = (0, false)
    private var groupMax = Self.groupMaxAtFirst
    private var last: Number = 0

    static let groupMaxAtFirst = 16
    static let groupMaxLimit = 1 << 10

    /// Whether a request must stand in the queue before it is tried again.
    static func isNeeded(afterDeaths deaths: Int) -> Bool { deaths > 1 }

    /// Takes a place at the end.
    mutating func join() -> Number {
        last += 1
        waiting.append(last)
        letOut()
        return last
    }

    /// Whether a request was let out.
    func isOut(_ number: Number) -> Bool { group.contains(number) }

    /// A request that was let out has died with its worker, and waits again, where it stood.
    /// - Returns: whether it was the only one of its group.
    mutating func died(_ number: Number) -> Bool {
        guard group.remove(number) != nil else { return false }
        hasDied = true
        let wasAlone = groupCount == 1
        waiting.insert(number, at: waiting.firstIndex { $0 > number } ?? waiting.endIndex)
        letOut()
        return wasAlone
    }

    /// A request got further, has ended, or was given up.
    mutating func leave(_ number: Number) {
        if group.remove(number) == nil { waiting.removeAll { $0 == number } }
        letOut()
    }

    private mutating func letOut() {
        if group.isEmpty, groupCount > 0 {
            groupMax = hasDied ? max(groupCount / 2, 1) : min(groupMax * 2, Self.groupMaxLimit)
            (groupCount, hasDied) = (0, false)
            if waiting.isEmpty { groupMax = Self.groupMaxAtFirst }
        }
        // Who comes while a group runs that has room goes along.
        guard !hasDied, groupCount < groupMax else { return }
        let next = waiting.prefix(groupMax - groupCount)
        group.formUnion(next)
        groupCount += next.count
        waiting.removeFirst(next.count)
    }
}
