/// How a variant turned out beside its profile.
public struct VariantCorrection: Sendable, Equatable, Codable {
    public let variant: String
    /// What the profile's times and joules are multiplied by.
    public let timeToFirstTokenFactor: Double
    public let timePerOutputTokenFactor: Double
    public let joulesFactor: Double
    /// Observations of quality, each of one text, answer or rating.
    public let qualityObservations: Int

    enum CodingKeys: String, CodingKey {
        case variant
        case timeToFirstTokenFactor = "time_to_first_token_factor"
        case timePerOutputTokenFactor = "time_per_output_token_factor"
        case joulesFactor = "joules_factor"
        case qualityObservations = "quality_observations"
    }
}
