/// What no answer may exceed while a variant is there that keeps to it. nil: no limit.
public struct RoutingLimits: Sendable, Equatable, Codable {
    /// By how many bits per byte an answer may be worse than the best variant's, as predicted.
    public var qualityLossMax: Double?
    /// A request's own objectives tighten these.
    public var objectives = ServiceObjectives()
    public var joulesMax: Double?
    public var costMax: Double?

    /// None.
    public init() {}

    /// - Throws: `RoutingError` naming the limit.
    public func check() throws(RoutingError) {
        if let qualityLossMax { try RoutingError.check("limits: qualityLossMax", qualityLossMax) }
        try objectives.check("limits: objectives")
        if let joulesMax { try RoutingError.checkPositive("limits: joulesMax", joulesMax) }
        if let costMax { try RoutingError.check("limits: costMax", costMax) }
    }
}
