import TerseConfiguration

/// The policies of a configuration file, which a server routes by and a simulation compares.
public struct RoutingPolicies: Sendable, Equatable {
    /// One or more. The first is for everybody whom no other one names.
    public var policies: [NamedRoutingPolicy]

    public static let policiesMax = 64

    /// What a route goes by: the policy without tenants that has the route's name, else the first of all; and for tenants
    /// theirs.
    public func policies(of route: String) -> (standard: RoutingPolicy, tenants: [String: RoutingPolicy]) {
        let own = policies.first { $0.tenants.isEmpty && $0.name == route } ?? policies[0]
        let pairs = policies.flatMap { named in named.tenants.map { ($0, named.policy) } }
        return (own.policy, Dictionary(pairs) { first, _ in first })
    }

    /// The first policy that nobody's requests would go by.
    public func idlePolicy(routes: [String]) -> NamedRoutingPolicy? {
        policies.dropFirst().first { $0.tenants.isEmpty && !routes.contains($0.name) }
    }

    /// Reads the key `policies`, a list, and allows no other.
    /// - Throws: `ConfigurationError` naming file, line and key, what is expected and what was found.
    public init(_ map: ConfigurationMap) throws(ConfigurationError) {
        let maps = try map.required("policies", map.maps("policies"))
        guard (1...Self.policiesMax).contains(maps.count) else {
            throw map.error("policies", "expected 1 to \(Self.policiesMax), found \(maps.count)")
        }
        policies = []
        for map in maps {
            let read = try NamedRoutingPolicy(map)
            if policies.contains(where: { $0.name == read.name }) {
                throw map.error("name", "expected each name once, found \(read.name.debugDescription) again")
            }
            let taken = Set(policies.flatMap(\.tenants))
            if let tenant = read.tenants.first(where: taken.contains) {
                throw map.error("tenants", "expected each tenant once, found \(tenant.debugDescription) again")
            }
            policies.append(read)
        }
        try map.finish()
    }
}
