import TerseOperations

/// What a rollout says to controllers that shift traffic by themselves.
enum RolloutVerdict: String, Sendable {
    /// It was promoted, or every criterion is met.
    case passed
    /// It was rolled back or aborted, or a criterion is breached.
    case failed
    /// There is too little evidence, or none.
    case inconclusive

    init(_ report: RolloutReport) {
        if let end = report.record.end {
            self = end.kind == .promoted ? .passed : .failed
        } else {
            let verdicts = report.rollout.judgements.map(\.verdict)
            self = verdicts.contains(.breached) ? .failed : verdicts.allSatisfy { $0 == .met } ? .passed : .inconclusive
        }
    }
}
