/// What a deployment gives up for what.
///
/// Every quantity is measured by how much the best of the deployment's variants and the least demanding one differ in
/// it by their profiles, on a request of usual length: at weights of 1 and 1, a request that is as long as usual, and
/// gains as much quality as usual by the best variant, is worth exactly its time. So the same weights mean the same for
/// a model of ten million weights and for one of ten billion.
public struct TradeOff: Sendable, Equatable, Codable {
    public var quality: Double
    /// Of the whole request, the time it waits included.
    public var time: Double
    public var energy: Double
    /// Of money.
    public var cost: Double

    public init(quality: Double, time: Double = 0, energy: Double = 0, cost: Double = 0) {
        (self.quality, self.time, self.energy, self.cost) = (quality, time, energy, cost)
    }

    /// Those that have names.
    public enum Name: String, Sendable, CaseIterable, Codable {
        /// The best variant, unless another is predicted to be nearly as good for much less.
        case quality
        /// The best variant where it is worth its time and energy more than it usually is.
        case balanced
        /// The least demanding variant, unless another is worth much more than usual.
        case efficient
    }

    /// With the name's weights.
    public init(_ name: Name) {
        switch name {
        case .quality: self.init(quality: 1, time: 0.3, energy: 0.3)
        case .balanced: self.init(quality: 1, time: 0.5, energy: 0.5)
        case .efficient: self.init(quality: 1, time: 0.75, energy: 0.75)
        }
    }

    /// - Throws: `RoutingError` naming the weight, unless all are at least 0 and one is above.
    public func check() throws(RoutingError) {
        try RoutingError.check("weights: quality", quality)
        try RoutingError.check("weights: time", time)
        try RoutingError.check("weights: energy", energy)
        try RoutingError.check("weights: cost", cost)
        guard quality + time + energy + cost > 0 else {
            throw RoutingError("weights: expected at least one above 0, found none")
        }
    }
}
