/// Those who wait in the order in which they are to be let in at one moment: by priority, which an interval of waiting raises by
/// one, but not above the greatest that anybody who waits was given, so that among those the owners' shares decide; then by how
/// little their owner has had; then by age.
///
/// A heap of the lines' heads: the first costs a look at each line, each that follows the logarithm of their number.
struct AdmissionOrder {
    private typealias Rank = (urgency: Int, served: UInt64, arrival: Duration, id: RequestID)

    private struct Head {
        let priority: Int
        let served: UInt64
        let places: [WaitingQueue.Place]
        var index = 0
        /// Of the place at `index`: the smaller comes first.
        var rank: Rank = (0, 0, .zero, 0)
    }

    private let now: Duration
    private let agingInterval: Duration
    private let ceiling: Int
    private var heads: [Head] = []

    init(_ queue: WaitingQueue, _ shares: TenantShares, agingInterval: Duration, now: Duration) {
        (self.now, self.agingInterval) = (now, agingInterval)
        ceiling = queue.lines.keys.reduce(Int.min) { max($0, $1.priority) }
        heads.reserveCapacity(queue.lines.count)
        for (line, places) in queue.lines {
            var head = Head(priority: line.priority, served: shares.served(line.tenant), places: places)
            head.rank = rank(head)
            heads.append(head)
        }
        for index in stride(from: heads.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    /// The next one, who is left out from then on.
    mutating func next() -> RequestID? {
        guard let id = heads.first?.rank.id else { return nil }
        heads[0].index += 1
        if heads[0].index < heads[0].places.count {
            heads[0].rank = rank(heads[0])
        } else {
            heads.swapAt(0, heads.count - 1)
            heads.removeLast()
        }
        sink(0)
        return id
    }

    private func rank(_ head: Head) -> Rank {
        let place = head.places[head.index]
        let gained = Int((now - place.arrival) / agingInterval)
        return (-min(head.priority + gained, ceiling), head.served, place.arrival, place.id)
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heads.count {
                if heads[child].rank < heads[least].rank { least = child }
            }
            guard least != index else { return }
            heads.swapAt(index, least)
            index = least
        }
    }
}
