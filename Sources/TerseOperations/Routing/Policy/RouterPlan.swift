/// What a router is made of: the variants, the policies, and how drift is watched.
public struct RouterPlan: Sendable, Equatable, Codable {
    /// One or more, all loaded on this host.
    public var profiles: [VariantProfile]
    public var policy: RoutingPolicy
    /// Of tenants that have one of their own.
    public var tenantPolicies: [String: RoutingPolicy] = [:]
    /// Between two false alarms of one variant about one quantity lie so many observations in the mean.
    public var observationsBetweenFalseAlarms = 1_000_000.0
    /// Whether a variant whose quality drifts is to be rolled back, too.
    public var rollsBackOnDrift = false
    /// Where the numbers that explore begin.
    public var seed: UInt64 = 0

    public init(_ profiles: [VariantProfile], _ policy: RoutingPolicy) {
        (self.profiles, self.policy) = (profiles, policy)
    }

    public static let variantsMax = 64
    public static let tenantPoliciesMax = 4096

    /// - Throws: `RoutingError`.
    public func check() throws(RoutingError) {
        guard (1...Self.variantsMax).contains(profiles.count) else {
            throw RoutingError("profiles: expected 1 to \(Self.variantsMax), found \(profiles.count)")
        }
        for profile in profiles { try profile.check() }
        let names = profiles.map(\.name)
        guard Set(names).count == names.count else {
            throw RoutingError("profiles: expected each name once, found \(names)")
        }
        try policy.check()
        guard tenantPolicies.count <= Self.tenantPoliciesMax else {
            throw RoutingError(
                "tenantPolicies: expected at most \(Self.tenantPoliciesMax), found \(tenantPolicies.count)")
        }
        for policy in tenantPolicies.values { try policy.check() }
        guard observationsBetweenFalseAlarms >= 1000, observationsBetweenFalseAlarms.isFinite else {
            throw RoutingError(
                "observationsBetweenFalseAlarms: expected at least 1000, found \(observationsBetweenFalseAlarms)")
        }
    }
}
