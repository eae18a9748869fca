import TerseJSON
import TerseOperations

/// A request that a route gave to a variant: what becomes of it, the route is told.
struct RoutedRequest: Sendable {
    let desk: RouteDesk
    /// The decision's.
    let number: Int
    let features: RequestFeatures
    /// Who answers.
    let variant: String
    /// Whether nobody was asked before, so that the time to the first token is that of who answers.
    let isFirst: Bool
    /// Whether its answer is to be judged.
    let isJudged: Bool
    let order: RelayOrder

    /// The answer is whole.
    func tell(times: AnswerTimes?, usage: Usage, answer: AnswerText?) {
        // A part of the prompt that was in the cache took no time.
        let countsFirst = isFirst && usage.cachedTokens == 0
        // Tokens of several choices come one beside the other.
        let choices = max(1, order.body["n"]?.intValue ?? 1)
        desk.observe(
            RoutedOutcome(
                number: number, variant: variant, outputTokens: usage.completionTokens / choices,
                timeToFirstToken: countsFirst ? times.map { $0.firstToken / .seconds(1) } : nil,
                timePerOutputToken: choices == 1 ? times?.perToken.map { $0 / .seconds(1) } : nil))
        guard isJudged, let answer, let request = TrialRequest(copyOf: order.body, path: order.path) else { return }
        desk.offer(
            JudgedAnswer(request: request, answer: answer, number: number, features: features, variant: variant))
    }
}
