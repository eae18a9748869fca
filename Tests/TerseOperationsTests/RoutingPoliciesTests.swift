import TerseConfiguration
import Testing

@testable import TerseOperations

/// Whose policy is whose.
@Suite struct RoutingPoliciesTests {
    private func policies(_ lines: String...) throws -> RoutingPolicies {
        let text = "policies:\n" + lines.map { "  - {\($0)}\n" }.joined()
        return try RoutingPolicies(ConfigurationFile.parse(text, source: "policies.yaml"))
    }

    @Test func routesHaveTheirOwnOrTheFirst() throws {
        let policies = try policies(
            "name: all, trade_off: balanced", "name: fast, trade_off: efficient",
            "name: good, trade_off: quality, tenants: [ann, bob]")
        #expect(policies.policies(of: "auto").standard == RoutingPolicy(.balanced))
        #expect(policies.policies(of: "fast").standard == RoutingPolicy(.efficient))
        // One that is for tenants is no route's.
        #expect(policies.policies(of: "good").standard == RoutingPolicy(.balanced))
        let quality = RoutingPolicy(.quality)
        #expect(policies.policies(of: "fast").tenants == ["ann": quality, "bob": quality])
        #expect(policies.idlePolicy(routes: ["auto", "fast"]) == nil)
        #expect(policies.idlePolicy(routes: ["auto", "good"])?.name == "fast")
    }

    /// The first one is everybody else's, though it names tenants.
    @Test func theFirstMayHaveTenants() throws {
        let policies = try policies("name: only, trade_off: quality, tenants: [ann]")
        #expect(policies.policies(of: "auto").standard == RoutingPolicy(.quality))
        #expect(policies.idlePolicy(routes: ["auto"]) == nil)
    }
}
