/// The mean log-likelihoods of the last answers' first tokens, by which a share of answers finds its threshold.
struct RecentLikelihoods: Sendable, Equatable, Codable {
    private var values: [Double] = []
    private var next = 0

    /// More are forgotten.
    static let capacity = 256
    /// With fewer, no share is known.
    static let countMin = 16

    var isWhole: Bool { values.count <= Self.capacity && (0..<Self.capacity).contains(next) }

    mutating func add(_ value: Double) {
        guard value.isFinite else { return }
        guard values.count == Self.capacity else { return values.append(value) }
        values[next] = value
        next = (next + 1) % Self.capacity
    }

    /// Below which the given share of them lies; nil while they are too few.
    func threshold(share: Double) -> Double? {
        guard values.count >= Self.countMin else { return nil }
        return values.sorted()[min(values.count - 1, Int(share * Double(values.count)))]
    }
}
