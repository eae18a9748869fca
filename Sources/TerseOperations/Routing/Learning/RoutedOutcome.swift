/// What became of a request that was routed.
public struct RoutedOutcome: Sendable, Equatable {
    /// The decision's.
    public var number: Int
    /// Who answered, in the end.
    public var variant: String
    public var outputTokens: Int
    /// Seconds; nil where they were not measured, or a part of the prompt was in the cache.
    public var timeToFirstToken: Double?
    /// Seconds, the mean.
    public var timePerOutputToken: Double?
    /// Of this request alone; nil where nobody can tell.
    public var joules: Double?

    public init(
        number: Int, variant: String, outputTokens: Int, timeToFirstToken: Double? = nil,
        timePerOutputToken: Double? = nil, joules: Double? = nil
    ) {
        (self.number, self.variant, self.outputTokens) = (number, variant, outputTokens)
        (self.timeToFirstToken, self.timePerOutputToken) = (timeToFirstToken, timePerOutputToken)
        self.joules = joules
    }
}
