import TerseConfiguration

/// How many replicas serve a deployment, and when there are to be more.
public struct ScalingPolicy: Sendable, Equatable {
    public var replicasMin = 1
    public var replicasMax = 1
    /// The share of what a replica generated under the spec's load that it is to generate.
    public var utilisation = 0.7

    public init() {}

    private static let replicasLimit = 10_000

    /// Reads `replicas_min`, `replicas_max` and `utilisation`.
    /// - Throws: `ConfigurationError` with line and key.
    init(_ map: ConfigurationMap) throws(ConfigurationError) {
        replicasMin = try map.integer("replicas_min", in: 0...Self.replicasLimit) ?? replicasMin
        replicasMax = try map.integer("replicas_max", in: 1...Self.replicasLimit) ?? max(1, replicasMin)
        utilisation = try map.number("utilisation", in: 0.05...1) ?? utilisation
        try map.finish()
        guard replicasMin <= replicasMax else {
            throw map.error(
                "replicas_max", "expected at least replicas_min, which is \(replicasMin), found \(replicasMax)")
        }
    }
}
