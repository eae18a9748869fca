/// Lets one log entry of a kind pass in a while, and counts those that do not. A value with the caller's clock.
struct LogThrottle<Kind: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var last: Duration
        var kept = 0
    }

    private var entries: [Kind: Entry] = [:]
    private let interval: Duration

    init(interval: Duration) { self.interval = interval }

    /// - Returns: how many of the kind did not pass since the last that did; nil: this one does not either.
    mutating func pass(_ kind: Kind, now: Duration) -> Int? {
        guard let entry = entries[kind], now - entry.last < interval else {
            defer { entries[kind] = Entry(last: now) }
            return entries[kind]?.kept ?? 0
        }
        entries[kind]?.kept += 1
        return nil
    }
}
