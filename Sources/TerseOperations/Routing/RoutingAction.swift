/// What a router wants done besides routing.
public enum RoutingAction: Sendable, Equatable {
    /// Tell somebody.
    case alarm(DriftAlarm)
    /// Serve with what was live before this variant.
    case rollBack(variant: String, reason: String)
}
