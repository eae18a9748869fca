/// What was learned of a variant beyond its profile.
struct LearnedVariant: Sendable, Equatable, Codable {
    var firstToken = CorrectionFactor()
    var outputToken = CorrectionFactor()
    var energy = CorrectionFactor()
    var loss: LossModel
    private var detectors: [DriftDetector]

    init(profileLoss: Double, observationsBetweenFalseAlarms: Double) {
        loss = LossModel(profileLoss: profileLoss)
        let detector = DriftDetector(observationsBetweenFalseAlarms: observationsBetweenFalseAlarms)
        detectors = DriftQuantity.allCases.map { _ in detector }
    }

    /// Takes over what has nothing to do with the other variants.
    mutating func inherit(from other: LearnedVariant) {
        (firstToken, outputToken, energy) = (other.firstToken, other.outputToken, other.energy)
    }

    var isWhole: Bool { loss.isWhole && detectors.count == DriftQuantity.allCases.count }

    /// Watches a quantity, in the unit in which it drifts.
    mutating func watch(_ quantity: DriftQuantity, _ value: Double, of variant: String) -> DriftAlarm? {
        guard let index = DriftQuantity.allCases.firstIndex(of: quantity),
            let drift = detectors[index].add(value)
        else { return nil }
        return DriftAlarm(
            variant: variant, quantity: quantity, growth: drift.growth, observations: drift.observations)
    }
}
