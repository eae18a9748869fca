import Synchronization
import TerseOperations

/// Where a gateway leaves what concerns a rollout, without waiting: outcomes, and copies of requests that are to be computed.
/// What is beyond its bounds is dropped.
final class TrialDesk: Sendable {
    private struct State {
        var outcomes: [(outcome: RequestOutcome, group: RolloutGroup)] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Outcomes with answers that wait for a judge.
    let answers: AsyncStream<TrialOutcome>
    /// Requests that candidate and control group are to compute unseen.
    let copies: AsyncStream<TrialRequest>
    private let putAnswer: AsyncStream<TrialOutcome>.Continuation
    private let putCopy: AsyncStream<TrialRequest>.Continuation
    /// How many requests are to be made up, or repeated, for both to compute.
    let probes: AsyncStream<Int>
    private let putProbe: AsyncStream<Int>.Continuation

    static let outcomesMax = 1 << 14
    static let answersMax = 64
    static let copiesMax = 8

    init() {
        (answers, putAnswer) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.answersMax))
        (probes, putProbe) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (copies, putCopy) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.copiesMax))
    }

    /// What became of a request; if nobody has the time to judge its answer, the rest counts all the same.
    func tell(_ outcome: TrialOutcome) {
        if !outcome.failed, outcome.answer != nil, case .enqueued = putAnswer.yield(outcome) { return }
        add(outcome.outcome(quality: nil), outcome.group)
    }

    /// An outcome with all that will be known of it.
    func add(_ outcome: RequestOutcome, _ group: RolloutGroup) {
        state.withLock { if $0.outcomes.count < Self.outcomesMax { $0.outcomes.append((outcome, group)) } }
    }

    func probe(pairs: Int) { putProbe.yield(pairs) }

    func copy(_ request: TrialRequest) { putCopy.yield(request) }

    /// The outcomes since it was asked last.
    func take() -> [(outcome: RequestOutcome, group: RolloutGroup)] {
        state.withLock { state in
            defer { state.outcomes = [] }
            return state.outcomes
        }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// The rollout has ended.
    func close() {
        putAnswer.finish()
        putCopy.finish()
        putProbe.finish()
        state.withLock { $0.isClosed = true }
    }
}
