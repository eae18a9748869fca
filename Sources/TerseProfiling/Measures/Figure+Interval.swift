import TerseRegistry

extension Profile.Figure {
    /// A figure of a known quantity.
    public init(_ quantity: Profile.Quantity, batch: Int = 1, _ interval: Interval, basis: Basis = .measured) {
        self.init(
            quantity: quantity.rawValue, unit: quantity.unit, batch: batch, value: interval.value, low: interval.low,
            high: interval.high, samples: interval.samples, method: interval.method.rawValue, basis: basis)
    }
}
