/// How often a model finds the right answers.
public struct ChoiceResult: Sendable, Equatable {
    /// Share of items where the right answer is the most probable.
    public let accuracy: Double
    /// Nil for one item alone.
    public let accuracyStandardError: Double?
    /// The same with each answer's logarithmic probability divided by its length in characters.
    public let normalizedAccuracy: Double
    /// Nil for one item alone.
    public let normalizedAccuracyStandardError: Double?
    public let items: Int
}
