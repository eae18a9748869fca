/// How a candidate compares by one criterion.
public struct RolloutJudgement: Sendable, Equatable {
    /// What follows from it.
    public enum Verdict: String, Sendable {
        /// It is surely worse than is tolerated.
        case breached
        /// It is surely better than what is intolerable.
        case met
        /// There is too little evidence for either.
        case undecided
    }

    public let criterion: RolloutCriterion
    /// How many requests of each group were compared.
    public let pairs: Int
    /// By how much the candidate is worse, in the criterion's unit; negative where it is better.
    public let worsening: Double
    /// Bounds of it that hold at all times at once.
    public let lower: Double
    public let upper: Double
    public let verdict: Verdict
}
