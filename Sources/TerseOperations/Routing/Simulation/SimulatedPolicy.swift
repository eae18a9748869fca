/// Who answers the requests of a trace.
public enum SimulatedPolicy: Sendable, Equatable {
    case always(variant: String)
    /// The best variant for a share of the requests, drawn without looking, the least demanding one for the others.
    case random(share: Double)
    /// Who has the least bits per byte and, at so much time for the difference of quality, seconds: knows both before
    /// it chooses.
    case oracle(timeWeight: Double)
    case router(TradeOff.Name)
    /// With weights of 1 for quality and so much for time.
    case weighedRouter(timeWeight: Double)
    /// The router at these weights, whose cascade goes on by its rule.
    case cascade(Cascade.Rule, timeWeight: Double)
    /// The router by a policy of somebody's own.
    case policy(name: String, RoutingPolicy)

    /// As a table has it.
    public var name: String {
        switch self {
        case .always(let variant): "always \(variant)"
        case .random: "random"
        case .oracle: "oracle"
        case .router(let name): "router \(name.rawValue)"
        case .weighedRouter: "router"
        case .cascade(.share, _): "cascade share"
        case .cascade(.gain, _): "cascade gain"
        case .policy(let name, _): "policy \(name)"
        }
    }

    /// The share or the weight; nil where there is none.
    public var setting: Double? {
        switch self {
        case .always, .router, .policy: nil
        case .random(let share), .cascade(.share(let share), _): share
        case .oracle(let weight), .weighedRouter(let weight), .cascade(.gain, let weight): weight
        }
    }

    /// - Throws: `RoutingError` for a share, weight or policy that is none. Whether there is such a variant, only a trace
    ///   says.
    public func check() throws(RoutingError) {
        switch self {
        case .random(let share):
            guard share >= 0, share <= 1 else {
                throw RoutingError("random: expected a share of 0 to 1, found \(share)")
            }
        case .oracle(let weight): try RoutingError.check("oracle: weight", weight)
        case .always, .router, .weighedRouter, .cascade, .policy: try routing?.check()
        }
    }

    /// How a router is to decide; nil where none does.
    var routing: RoutingPolicy? {
        var policy: RoutingPolicy
        switch self {
        case .always, .random, .oracle: return nil
        case .router(let name): policy = RoutingPolicy(name)
        case .weighedRouter(let weight): policy = RoutingPolicy(TradeOff(quality: 1, time: weight))
        case .cascade(let rule, let weight):
            policy = RoutingPolicy(TradeOff(quality: 1, time: weight))
            policy.cascade = Cascade(rule)
        case .policy(_, let own): policy = own
        }
        // Nothing is learned while it is judged.
        policy.explorationShare = 0
        return policy
    }

    /// What is compared by default: every reference, and the router at many weights.
    static func all(_ variants: [String]) -> [SimulatedPolicy] {
        variants.map { .always(variant: $0) } + shares.map { .random(share: $0) }
            + weights.map { .oracle(timeWeight: $0) } + TradeOff.Name.allCases.map { .router($0) }
            + weights.map { .weighedRouter(timeWeight: $0) }
            + shares.map { .cascade(.share($0), timeWeight: 1) }
            + weights.map { .cascade(.gain, timeWeight: $0) }
    }

    private static let shares = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    private static let weights = [0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.5, 1.7, 2, 3]
}
