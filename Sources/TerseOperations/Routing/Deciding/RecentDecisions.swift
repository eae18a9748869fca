/// The last decisions, each found by its number.
struct RecentDecisions: Sendable, Equatable {
    /// A decision and what is needed to learn from its outcome.
    struct Entry: Sendable, Equatable {
        let decision: RoutingDecision
        let features: RequestFeatures
        /// What the profiles alone predict for each variant in the situation that was.
        let profileTimes: [ProfileTimes]
        /// When it goes on to the best variant; nil in no cascade.
        let cascade: Cascade.Rule?
        /// The score of a bit per byte.
        let lossPrice: Double
    }

    private var entries: [Entry] = []

    /// More are forgotten.
    static let capacity = 1024

    mutating func add(_ entry: Entry) {
        if entries.count < Self.capacity {
            entries.append(entry)
        } else {
            entries[entry.decision.number % Self.capacity] = entry
        }
    }

    /// nil for one that was never made, or is forgotten.
    subscript(number: Int) -> Entry? {
        guard number >= 0 else { return nil }
        let index = number % Self.capacity
        return entries.indices.contains(index) && entries[index].decision.number == number ? entries[index] : nil
    }

    /// The last of them, the newest first.
    func last(_ count: Int) -> [Entry] {
        guard let newest = entries.map(\.decision.number).max() else { return [] }
        return (0..<max(0, min(count, entries.count))).compactMap { self[newest - $0] }
    }
}
