import TerseConfiguration

/// A policy as a configuration file has it: with a name, and with the tenants whose requests it is for.
public struct NamedRoutingPolicy: Sendable, Equatable {
    public var name: String
    /// None of them twice.
    public var tenants: [String]
    public var policy: RoutingPolicy

    /// In bytes.
    public static let nameLengthMax = 64
    /// Of weights, joules and money: what is more is a mistake.
    private static let quantityMax = 1e9
    private static let secondsMax = ServiceObjectives.millisecondsMax / 1000
    /// No variant takes more bits than that for a byte.
    private static let bitsPerByteMax = 64.0

    private enum CascadeRule: String, CaseIterable {
        case share, gain
    }

    /// Reads `name`, `tenants`, `trade_off` or `weights`, `limits`, `cascade` and `exploration_share`.
    /// - Throws: `ConfigurationError` with line and key.
    init(_ map: ConfigurationMap) throws(ConfigurationError) {
        name = try map.required("name", map.string("name"))
        guard name.utf8.count <= Self.nameLengthMax else {
            throw map.error("name", "expected at most \(Self.nameLengthMax) bytes, found \(name.utf8.count)")
        }
        tenants = try map.strings("tenants") ?? []
        guard Set(tenants).count == tenants.count, tenants.count <= RouterPlan.tenantPoliciesMax else {
            throw map.error("tenants", "expected at most \(RouterPlan.tenantPoliciesMax), none of them twice")
        }
        policy = RoutingPolicy(try Self.tradeOff(map))
        if let limits = try map.map("limits") { policy.limits = try Self.limits(limits) }
        if let cascade = try map.map("cascade") { policy.cascade = try Self.cascade(cascade) }
        policy.explorationShare =
            try map.number("exploration_share", in: 0...RoutingPolicy.explorationShareMax) ?? policy.explorationShare
        try map.finish()
    }

    private static func tradeOff(_ map: ConfigurationMap) throws(ConfigurationError) -> TradeOff {
        let name = try map.choice("trade_off", TradeOff.Name.self)
        guard let weights = try map.map("weights") else { return TradeOff(try map.required("trade_off", name)) }
        guard name == nil else { throw map.error("weights", "is of no use beside trade_off") }
        let range = 0...quantityMax
        let tradeOff = TradeOff(
            quality: try weights.number("quality", in: range) ?? 0, time: try weights.number("time", in: range) ?? 0,
            energy: try weights.number("energy", in: range) ?? 0, cost: try weights.number("cost", in: range) ?? 0)
        try weights.finish()
        do { try tradeOff.check() } catch { throw map.error("weights", "\(error)") }
        return tradeOff
    }

    private static func limits(_ map: ConfigurationMap) throws(ConfigurationError) -> RoutingLimits {
        var limits = RoutingLimits()
        limits.qualityLossMax = try map.number("quality_loss_max", in: 0...bitsPerByteMax)
        limits.objectives.timeToFirstToken = try positive("time_to_first_token_max", to: secondsMax, map)
        limits.objectives.timePerOutputToken = try positive("time_per_output_token_max", to: secondsMax, map)
        limits.joulesMax = try positive("joules_max", to: quantityMax, map)
        limits.costMax = try map.number("cost_max", in: 0...quantityMax)
        try map.finish()
        return limits
    }

    private static func cascade(_ map: ConfigurationMap) throws(ConfigurationError) -> Cascade {
        let share = try map.number("share", in: 0...1)
        var cascade = Cascade(.gain)
        switch try map.required("rule", map.choice("rule", CascadeRule.self)) {
        case .share: cascade.rule = .share(try map.required("share", share))
        case .gain: if share != nil { throw map.error("share", "is of no use with the rule gain") }
        }
        cascade.probeTokens =
            try map.integer("probe_tokens", in: 1...Cascade.probeTokensMax) ?? cascade.probeTokens
        try map.finish()
        do { try cascade.check() } catch { throw map.error("share", "\(error)") }
        return cascade
    }

    private static func positive(
        _ key: String, to most: Double, _ map: ConfigurationMap
    ) throws(ConfigurationError) -> Double? {
        let value = try map.number(key, in: 0...most)
        guard value != 0 else { throw map.error(key, "expected a number above 0, found 0") }
        return value
    }
}
