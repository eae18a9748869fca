import TerseOperations

/// An answer that the best variant is to judge.
struct JudgedAnswer: Sendable {
    let request: TrialRequest
    let answer: AnswerText
    /// The decision's.
    let number: Int
    let features: RequestFeatures
    /// Who gave it.
    let variant: String
}
