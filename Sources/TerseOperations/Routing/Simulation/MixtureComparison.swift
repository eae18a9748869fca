/// Compares a policy with random mixing of two variants that takes as much time.
struct MixtureComparison: Sendable {
    private let least: [SimulatedAnswer]
    private let best: [SimulatedAnswer]

    init(least: [SimulatedAnswer], best: [SimulatedAnswer]) { (self.least, self.best) = (least, best) }

    func row(_ policy: SimulatedPolicy, _ answers: [SimulatedAnswer]) -> RoutingReport.Row {
        let (bits, seconds) = (Self.mean(answers, \.bitsPerByte), Self.mean(answers, \.seconds))
        let (difference, error) = against(answers)
        return RoutingReport.Row(
            policy: policy.name, setting: policy.setting, bitsPerByte: bits, seconds: seconds,
            joules: Self.mean(answers, \.joules), bestShare: Self.mean(answers, \.bestShare),
            timeRatio: seconds / Self.mean(best, \.seconds), againstRandom: difference, standardError: error)
    }

    /// The difference of the bits per byte, and its standard error: of the mean over requests of how each differs from
    /// the mixture, in bits per byte and, by the slope of the mixture's line, in time (the delta method).
    private func against(_ answers: [SimulatedAnswer]) -> (difference: Double, error: Double) {
        let (fewest, most) = (Self.mean(least, \.seconds), Self.mean(best, \.seconds))
        guard most > fewest else { return (0, 0) }
        let exact = (Self.mean(answers, \.seconds) - fewest) / (most - fewest)
        // Beyond the ends there is no mixture: what takes more time than the best variant is compared with that.
        let share = max(0, min(1, exact))
        let line = (Self.mean(best, \.bitsPerByte) - Self.mean(least, \.bitsPerByte)) / (most - fewest)
        let slope = share == exact ? line : 0
        let differences = answers.indices.map { index in
            let mixture = least[index].mixed(with: best[index], share: share)
            return answers[index].bitsPerByte - mixture.bitsPerByte - slope * (answers[index].seconds - mixture.seconds)
        }
        let count = Double(differences.count)
        let mean = differences.reduce(0, +) / count
        let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, (squares / (count - 1) / count).squareRoot())
    }

    private static func mean(_ answers: [SimulatedAnswer], _ quantity: KeyPath<SimulatedAnswer, Double>) -> Double {
        answers.reduce(0) { $0 + $1[keyPath: quantity] } / Double(answers.count)
    }
}
