import TerseConfiguration

/// Clients that each ask again as soon as they have their answer.
public struct LoadPattern: Sendable, Equatable {
    /// Clients.
    public var streams = 4
    /// Of all clients together.
    public var requests = 40
    /// Of each request.
    public var promptTokens = 128
    /// Of each answer.
    public var outputTokens = 32

    public init() {}

    public static let streamsMax = 256
    public static let requestsMax = 100_000
    public static let tokensMax = 1 << 20

    /// Reads `streams`, `requests`, `prompt_tokens` and `output_tokens`.
    /// - Throws: `ConfigurationError` with line and key.
    init(_ map: ConfigurationMap) throws(ConfigurationError) {
        streams = try map.integer("streams", in: 1...Self.streamsMax) ?? streams
        requests = try map.integer("requests", in: 1...Self.requestsMax) ?? requests
        promptTokens = try map.integer("prompt_tokens", in: 1...Self.tokensMax) ?? promptTokens
        // The time between tokens needs two.
        outputTokens = try map.integer("output_tokens", in: 2...Self.tokensMax) ?? outputTokens
        try map.finish()
        guard requests >= streams else {
            throw map.error("requests", "expected at least one for each of \(streams) streams, found \(requests)")
        }
    }
}
