import TerseJSON
import TerseOperations

/// What became of a request that is compared, and what is needed to judge its answer.
struct TrialOutcome: Sendable {
    let group: RolloutGroup
    let failed: Bool
    var times: AnswerTimes?
    let path: String
    let body: JSONObject
    var answer: AnswerText?

    /// As a rollout takes it.
    /// - Parameter quality: the answer's mean log-likelihood; nil when nobody scored it.
    func outcome(quality: Double?) -> RequestOutcome {
        RequestOutcome(
            failed: failed, timeToFirstToken: times.map { $0.firstToken / .seconds(1) },
            timePerOutputToken: times?.perToken.map { $0 / .seconds(1) }, quality: quality)
    }
}
