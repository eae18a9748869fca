import Synchronization
import TerseJSON
import TerseOperations
import TerseRegistry

/// Where the requests of a model go: to the variant that is live, and during a rollout to those of the candidate and the
/// control group as well.
final class ModelEndpoint: Sendable {
    /// Two workers beside the one that is live.
    struct Trial: Sendable {
        let candidate: WorkerSlot
        /// Of the live variant.
        let control: WorkerSlot
        let desk: TrialDesk
        /// The candidate's share of conversations.
        var weight: Double
        /// Whether requests are copied for both.
        var isShadow: Bool
    }

    private struct State {
        var live: WorkerSlot
        var variant: ModelReference?
        var trial: Trial?
        var seen = SeenConversations()
    }

    /// What clients call it.
    let model: String
    let figures = RolloutFigures()
    let recorder: PromptRing
    private let state: Mutex<State>

    /// - Parameters:
    ///   - variant: what is live, of a model that follows production.
    ///   - recordedPromptsMax: how many requests are kept to be repeated.
    init(_ live: WorkerSlot, variant: ModelReference? = nil, recordedPromptsMax: Int = 0) {
        model = live.model
        recorder = PromptRing(countMax: recordedPromptsMax)
        state = Mutex(State(live: live, variant: variant))
    }

    /// The worker of the variant that is live.
    var live: WorkerSlot { state.withLock { $0.live } }

    /// The variant that is live, of a model that follows production; nil for any other.
    var variant: ModelReference? { state.withLock { $0.variant } }

    /// Whom a request needs that belongs to no conversation.
    func place() -> RequestPlace { RequestPlace(state.withLock { SlotUse($0.live) }, endpoint: self) }

    /// Whom a conversation's request needs.
    /// - Parameter routed: what is told of the answer, of a request that was routed here, unless the candidate has it, which says
    ///   nothing of the variant that is live.
    func place(
        for conversation: Conversation, order: RelayOrder, routed: RoutedRequest? = nil
    ) -> RequestPlace {
        let (use, group, observed): (SlotUse, RolloutGroup, TrialDesk?) = state.withLock { state in
            func use(_ slot: WorkerSlot) -> SlotUse { SlotUse(slot, promptTokens: order.promptTokens) }
            let isFirst = state.seen.insert(conversation.key) && !conversation.goesOn
            guard let trial = state.trial else { return (use(state.live), .stable, nil) }
            let group = TrafficSplit(weight: trial.weight).group(of: conversation.key)
            let observed = isFirst ? trial.desk : nil
            switch group {
            case .stable: return (use(state.live), group, nil)
            case .control: return (use(trial.control), group, observed)
            case .candidate: return (use(trial.candidate), group, observed)
            }
        }
        return RequestPlace(
            use, endpoint: self,
            observation: observed.map { desk in
                RequestPlace.Observation(desk: desk, group: group, path: order.path, body: order.body)
            }, routed: group == .candidate ? nil : routed)
    }

    /// Keeps a request to be repeated, and has it copied where a rollout is in the shadow.
    func offer(_ body: JSONObject, path: String) {
        let shadow = state.withLock { $0.trial.flatMap { $0.isShadow ? $0.desk : nil } }
        guard shadow != nil || recorder.isWanted, let copy = TrialRequest(copyOf: body, path: path) else { return }
        recorder.keep(copy)
        shadow?.copy(copy)
    }

    /// Who gets what from now on; nil: everything goes to the one that is live.
    func set(_ trial: Trial?) { state.withLock { $0.trial = trial } }

    /// Another variant is live from now on.
    func promote(_ slot: WorkerSlot, as variant: ModelReference) {
        state.withLock { ($0.live, $0.variant, $0.trial) = (slot, variant, nil) }
    }
}
