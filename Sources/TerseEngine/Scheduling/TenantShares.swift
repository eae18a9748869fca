/// How much each owner of requests has been served, so that the one who had least comes next: virtual token counters, after
/// Sheng et al., "Fairness in Serving Large Language Models" (OSDI 2024).
struct TenantShares {
    /// A generated token costs a pass of its own, a prompt's shares one.
    static let generatedTokenCost: UInt64 = 2

    private var served: [UInt32: UInt64] = [:]

    func served(_ tenant: UInt32) -> UInt64 { served[tenant] ?? 0 }

    /// An owner who had nothing waiting asks again: what it did not use meanwhile is no credit.
    /// - Parameter others: owners who have requests now.
    mutating func arrive(_ tenant: UInt32, others: some Sequence<UInt32>) {
        let least = others.map { served($0) }.min()
        if served.count >= SchedulerLimits.tenantsMax, served[tenant] == nil { forgetLeast() }
        served[tenant] = max(served(tenant), least ?? 0)
    }

    mutating func add(_ cost: UInt64, to tenant: UInt32) { served[tenant, default: 0] &+= cost }

    /// Drops the owners that were served least, who lose nothing by it: they begin at the least of the others.
    private mutating func forgetLeast() {
        let order = served.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
        for (tenant, _) in order.prefix(served.count / 2) { served[tenant] = nil }
    }
}
