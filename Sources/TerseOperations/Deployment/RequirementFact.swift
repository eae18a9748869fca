/// What was found of a quantity that there are limits to.
public struct RequirementFact: Sendable, Equatable {
    /// How it is known.
    public enum Basis: String, Sendable {
        /// From the file, before anything ran.
        case predicted
        case measured
        /// By a stated model, such as of the host's power.
        case estimated
    }

    public let quantity: RequirementQuantity
    public let percentile: Int?
    public let value: Double
    /// The interval of 95 %; the value itself where none is known.
    public let low: Double
    public let high: Double
    public let basis: Basis

    public init(
        _ quantity: RequirementQuantity, percentile: Int? = nil, value: Double, low: Double? = nil, high: Double? = nil,
        basis: Basis
    ) {
        (self.quantity, self.percentile, self.value, self.basis) = (quantity, percentile, value, basis)
        (self.low, self.high) = (low ?? value, high ?? value)
    }
}
