/// A decision with what it was made from.
public struct RoutingRecord: Sendable, Equatable, Codable {
    public let decision: RoutingDecision
    public let features: RequestFeatures
}
