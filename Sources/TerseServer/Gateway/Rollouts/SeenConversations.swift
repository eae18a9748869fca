/// Conversations that had a request, the latest of them. A value.
struct SeenConversations: Sendable {
    private var keys: Set<String> = []
    /// In the order in which they came, from `next` on and round.
    private var order: [String] = []
    private var next = 0
    private let countMax: Int

    static let countMaxDefault = 1 << 16

    init(countMax: Int = countMaxDefault) { self.countMax = countMax }

    /// - Returns: whether it is a new one.
    mutating func insert(_ key: String) -> Bool {
        guard keys.insert(key).inserted else { return false }
        guard order.count == countMax else {
            order.append(key)
            return true
        }
        keys.remove(order[next])
        order[next] = key
        next = (next + 1) % countMax
        return true
    }
}
