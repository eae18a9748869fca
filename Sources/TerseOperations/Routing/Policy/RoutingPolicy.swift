/// How a deployment's requests are routed.
public struct RoutingPolicy: Sendable, Equatable, Codable {
    public var tradeOff: TradeOff
    public var limits = RoutingLimits()
    /// nil: whoever begins an answer ends it.
    public var cascade: Cascade?
    /// Of the requests whose second-best variant may be as good as the best, for all that is known, this share goes to
    /// that one, so that more is known. At most `explorationShareMax`.
    public var explorationShare = 0.01

    public init(_ tradeOff: TradeOff) { self.tradeOff = tradeOff }

    public init(_ name: TradeOff.Name) { self.init(TradeOff(name)) }

    public static let explorationShareMax = 0.1

    /// - Throws: `RoutingError` naming the field, what is expected and what was found.
    public func check() throws(RoutingError) {
        try tradeOff.check()
        try limits.check()
        try cascade?.check()
        guard explorationShare >= 0, explorationShare <= Self.explorationShareMax else {
            throw RoutingError(
                "explorationShare: expected 0 to \(Self.explorationShareMax), found \(explorationShare)")
        }
    }
}
