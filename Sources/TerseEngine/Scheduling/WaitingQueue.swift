/// The requests that wait, in lines of one owner and one priority: of a line the oldest always comes first, so that who is next
/// of all is found among the heads of the lines.
struct WaitingQueue {
    struct Line: Hashable {
        let tenant: UInt32
        let priority: Int
    }

    struct Place: Comparable {
        let arrival: Duration
        let id: RequestID

        static func < (left: Place, right: Place) -> Bool { (left.arrival, left.id) < (right.arrival, right.id) }
    }

    /// Each in the order of its places, none empty.
    private(set) var lines: [Line: [Place]] = [:]
    private(set) var load = QueueLoad()

    var count: Int { load.all.requests }
    /// Of all that wait.
    var tokenCount: Int { load.all.tokens }

    var isEmpty: Bool { count == 0 }

    mutating func insert(_ request: ScheduledRequest) {
        let place = Place(arrival: request.arrival, id: request.id)
        let line = Line(tenant: request.tenant, priority: request.priority)
        // Who comes is the last, but for one that was let in before.
        let index = lines[line].map { Self.index(of: place, in: $0) } ?? 0
        lines[line, default: []].insert(place, at: index)
        load.add(QueueLoad.Amount(requests: 1, tokens: request.tokens.count), of: request.tenant)
    }

    /// - Returns: whether it was there.
    @discardableResult
    mutating func remove(_ request: ScheduledRequest) -> Bool {
        let place = Place(arrival: request.arrival, id: request.id)
        let line = Line(tenant: request.tenant, priority: request.priority)
        let found = lines[line].flatMap { places -> Int? in
            let index = Self.index(of: place, in: places)
            return index < places.count && places[index] == place ? index : nil
        }
        guard let found else { return false }
        lines[line]?.remove(at: found)
        if lines[line]?.isEmpty ?? false { lines[line] = nil }
        load.remove(tokens: request.tokens.count, of: request.tenant)
        return true
    }

    /// Where `place` stands, or belongs.
    private static func index(of place: Place, in places: [Place]) -> Int {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
