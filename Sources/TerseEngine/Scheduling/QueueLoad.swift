/// How much waits, in all and of each owner.
struct QueueLoad: Sendable, Equatable {
    /// Requests, and the tokens that they have.
    struct Amount: Sendable, Equatable {
        var requests = 0
        var tokens = 0

        mutating func add(tokens: Int) {
            requests += 1
            self.tokens += tokens
        }
    }

    private(set) var all = Amount()
    private var owners: [UInt32: Amount] = [:]

    func amount(of tenant: UInt32) -> Amount { owners[tenant] ?? Amount() }

    /// So much more of one owner waits.
    mutating func add(_ more: Amount, of tenant: UInt32) {
        all.requests += more.requests
        all.tokens += more.tokens
        owners[tenant, default: Amount()].requests += more.requests
        owners[tenant, default: Amount()].tokens += more.tokens
    }

    /// A request of so many tokens waits no more.
    mutating func remove(tokens: Int, of tenant: UInt32) {
        all.requests -= 1
        all.tokens -= tokens
        guard var amount = owners[tenant] else { return }
        amount.requests -= 1
        amount.tokens -= tokens
        owners[tenant] = amount.requests > 0 ? amount : nil
    }
}
