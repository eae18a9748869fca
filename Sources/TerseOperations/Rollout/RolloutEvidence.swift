/// All that was observed of a candidate and its control group.
struct RolloutEvidence: Sendable, Equatable, Codable {
    private(set) var errors = PairedErrors()
    private var means: [RolloutMetric: PairedMeans] = [:]
    private var pairings: [RolloutMetric: Pairing] = [:]

    mutating func add(_ outcome: RequestOutcome, isCandidate: Bool) {
        for metric in RolloutMetric.allCases {
            guard let value = outcome.value(metric),
                let pair = pairings[metric, default: Pairing()].add(value, isCandidate: isCandidate)
            else { continue }
            if metric == .errorRate {
                errors.add(candidateFailed: pair.candidate > 0, controlFailed: pair.control > 0)
            } else {
                means[metric, default: PairedMeans()].add(candidate: pair.candidate, control: pair.control)
            }
        }
    }

    func judge(_ criterion: RolloutCriterion, rollbackRisk: Double, promotionRisk: Double) -> RolloutJudgement {
        let pairs: Int
        let difference: Double
        let bounds: (lower: Double, upper: Double)
        if criterion.metric == .errorRate {
            (pairs, difference) = (errors.pairs, errors.difference)
            bounds = errors.bounds(lowerRisk: rollbackRisk, upperRisk: promotionRisk)
        } else {
            let means = means[criterion.metric] ?? PairedMeans()
            (pairs, difference) = (means.pairs, means.difference)
            bounds = means.bounds(lowerRisk: rollbackRisk, upperRisk: promotionRisk)
        }
        let verdict: RolloutJudgement.Verdict =
            if bounds.lower > criterion.compared(criterion.tolerated) {
                .breached
            } else if bounds.upper < criterion.compared(criterion.intolerable) { .met } else { .undecided }
        return RolloutJudgement(
            criterion: criterion, pairs: pairs, worsening: criterion.stated(difference),
            lower: criterion.stated(bounds.lower), upper: criterion.stated(bounds.upper), verdict: verdict)
    }
}
