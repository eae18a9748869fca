/// Why a variant should not have a request.
public enum Obstacle: String, Sendable, CaseIterable, Codable {
    case notReady = "not_ready"
    /// Prompt and answer are longer than its context.
    case context
    case queueFull = "queue_full"
    /// The KV cache has no room for prompt and answer now.
    case kvRoom = "kv_room"
    /// It would exceed this objective, or limit.
    case timeToFirstToken = "time_to_first_token"
    case timePerOutputToken = "time_per_output_token"
    case qualityLoss = "quality_loss"
    case joules
    case cost

    /// Whether nothing helps: the variant would refuse the request.
    public var isHard: Bool { self == .notReady || self == .context || self == .queueFull }

    /// Whether it is there because there is too much to do.
    var isLoad: Bool {
        switch self {
        case .queueFull, .kvRoom, .timeToFirstToken, .timePerOutputToken: true
        case .notReady, .context, .qualityLoss, .joules, .cost: false
        }
    }
}
