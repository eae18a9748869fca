/// Why a request went where it went.
public enum RoutingReason: String, Sendable, CaseIterable, Codable {
    /// The variant is the best by the trade-off, of those that keep to all limits.
    case best
    /// The best has too much to do: its queue, its room or its times.
    case overload
    /// The budget of power is used up: the variant takes the least energy, of those that keep to all limits.
    case power
    /// It may be as good as the best for all that is known, and more will be known.
    case exploration
    /// It begins the answer, and may not end it.
    case cascade
    /// No variant keeps to all limits: it comes nearest.
    case bestEffort = "best_effort"
    /// No variant takes it.
    case refused
}
