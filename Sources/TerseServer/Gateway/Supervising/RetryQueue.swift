/// Requests whose workers died more than once, let out a group at a time. A value.
///
/// A worker's death does not tell which of its requests it was over. Most deaths are over none of them, so after the first all
/// go on together. Those that have got no further by the second are suspects: they run in groups, the next one half as large
/// when one of a group's requests died, twice as large when as many as a group has got further. So the one over which workers
/// die is found by bisection, and where a group was of one it is known which suspect a death concerns. Requests that are not
/// suspects run beside them, so a death may be over one of those.
struct RetryQueue: Sendable {
    typealias Number = UInt64

    /// In the order in which they came.
    private var waiting: [Number] = []
    /// Those that were let out.
    private var group: Set<Number> = []
    /// How many ran when the first of them died; nil as long as none has.
    private var dyingCount: Int?
    /// How many got further since the group's size was last changed.
    private var passedCount = 0
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
        guard group.contains(number) else { return false }
        let count = dyingCount ?? group.count
        dyingCount = count
        group.remove(number)
        waiting.insert(number, at: waiting.firstIndex { $0 > number } ?? waiting.endIndex)
        letOut()
        return count == 1
    }

    /// A request got further, has ended, or was given up.
    mutating func leave(_ number: Number) {
        if group.remove(number) == nil {
            waiting.removeAll { $0 == number }
        } else if dyingCount == nil {
            passedCount += 1
        }
        letOut()
    }

    private mutating func letOut() {
        if let count = dyingCount {
            // Those of a group that died tell of it one after the other.
            guard group.isEmpty else { return }
            (groupMax, dyingCount, passedCount) = (max(count / 2, 1), nil, 0)
        } else if passedCount >= groupMax {
            (groupMax, passedCount) = (min(groupMax * 2, Self.groupMaxLimit), 0)
        }
        if waiting.isEmpty, group.isEmpty { (groupMax, passedCount) = (Self.groupMaxAtFirst, 0) }
        let next = waiting.prefix(max(groupMax - group.count, 0))
        group.formUnion(next)
        waiting.removeFirst(next.count)
    }
}
