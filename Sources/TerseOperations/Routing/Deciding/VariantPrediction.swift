/// What a router expects of one variant for one request.
public struct VariantPrediction: Sendable, Equatable, Codable {
    public let variant: String
    /// Of a true continuation.
    public let bitsPerByte: Double
    /// More than the best variant needs.
    public let lossBitsPerByte: Double
    /// How far off that may be, as a standard deviation.
    public let lossDeviation: Double
    /// Seconds, of which some are spent in the queue.
    public let timeToFirstToken: Double
    /// Seconds.
    public let timePerOutputToken: Double
    /// Until the last token.
    public let seconds: Double
    public let joules: Double
    public let energyBasis: VariantProfile.EnergyBasis
    public let cost: Double
    /// What it loses and takes, weighed by the trade-off; the least is best.
    public let score: Double
    public let obstacles: [Obstacle]

    enum CodingKeys: String, CodingKey {
        case variant
        case bitsPerByte = "bits_per_byte"
        case lossBitsPerByte = "loss_bits_per_byte"
        case lossDeviation = "loss_deviation"
        case timeToFirstToken = "time_to_first_token"
        case timePerOutputToken = "time_per_output_token"
        case seconds, joules
        case energyBasis = "energy_basis"
        case cost, score, obstacles
    }

    /// Whether it takes the request, has room for it and keeps to the times.
    var isTimely: Bool { !obstacles.contains { $0.isHard || $0.isLoad } }
}
