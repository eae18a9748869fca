import TerseTensor

/// What the products of training round before they multiply. Sums are exact or float32.
public struct TrainingPrecision: Sendable, Equatable {
    /// Of the head's products, Muon's, and those of projections that are not ternary.
    public var products = ProductPrecision.float32
    /// Of the gradients that arrive at ternary projections.
    public var gradients = FixedPointProducts.GradientBits.sixteen

    /// The finest.
    public init() {}
}
