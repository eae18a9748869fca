import TerseOperations

/// An answer that the best variant is to judge.
struct JudgedAnswer: Sendable {
    let request: TrialRequest
    let answer: AnswerText
    let features: RequestFeatures
    /// Who gave it.
    let variant: String
}
