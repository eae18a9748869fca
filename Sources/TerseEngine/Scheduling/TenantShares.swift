/// How much each owner of requests has been served, so that the one who had least comes next: virtual token counters, after
/// Sheng et al., "Fairness in Serving Large Language Models" (OSDI 2024).
struct TenantShares {
    /// A generated token costs a pass of its own, a prompt's shares one.
    static let generatedTokenCost: UInt64 = 2

    private var served: [UInt32: UInt64] = [:]

    func served(_ tenant: UInt32) -> UInt64 { served[tenant] ?? 0 }

    /// An owner who had nothing waiting asks again: what it did not use meanwhile is no credit, and what it used before all
    /// were served is no debt.
    /// - Parameter others: owners who have requests now.
    mutating func arrive(_ tenant: UInt32, others: some Sequence<UInt32>) {
        let active = Set(others)
        guard let least = active.map({ served($0) }).min() else {
            served = [tenant: 0]
            return
        }
        if served.count >= SchedulerLimits.tenantsMax, served[tenant] == nil { forget(allBut: active) }
        served[tenant] = max(served(tenant), least)
    }

    mutating func add(_ cost: UInt64, to tenant: UInt32) { served[tenant, default: 0] &+= cost }

    /// Drops owners who have no requests; they begin at the least of the others when they come back.
    private mutating func forget(allBut active: Set<UInt32>) {
        served = served.filter { active.contains($0.key) }
    }
}
