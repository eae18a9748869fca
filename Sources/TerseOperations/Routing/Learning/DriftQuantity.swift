/// What of a variant may drift.
public enum DriftQuantity: String, Sendable, CaseIterable, Codable {
    /// Bits per byte on texts, more than predicted.
    case quality
    /// The judge's, with answers.
    case disagreement
    case timeToFirstToken = "time_to_first_token"
    case timePerOutputToken = "time_per_output_token"
}
