import HTTPTypes
import Synchronization
import TerseJSON
import TerseOperations

/// Whom a request is given to, and, where a rollout compares or a route learns, what becomes of it.
final class RequestPlace: Sendable {
    /// Whom the outcome is told to.
    struct Observation: Sendable {
        let desk: TrialDesk
        let group: RolloutGroup
        let path: String
        let body: JSONObject
    }

    private struct State {
        var use: SlotUse
        var hasFallenBack = false
        var wasTaken = false
        var isTold = false
    }

    private let endpoint: ModelEndpoint
    private let observation: Observation?
    private let routed: RoutedRequest?
    private let state: Mutex<State>

    init(
        _ use: SlotUse, endpoint: ModelEndpoint, observation: Observation? = nil, routed: RoutedRequest? = nil
    ) {
        (self.endpoint, self.observation, self.routed) = (endpoint, observation, routed)
        state = Mutex(State(use: use))
    }

    var slot: WorkerSlot { state.withLock { $0.use.slot } }

    /// Whether another has it than at first.
    var hasFallenBack: Bool { state.withLock { $0.hasFallenBack } }

    /// Whether a worker that died had it.
    var wasTaken: Bool { state.withLock { $0.wasTaken } }

    /// Whether there is another that could answer.
    var canFallBack: Bool { Self.canTakeOver(endpoint.live, from: slot) }

    /// One with other tokens could not go on with what was begun.
    private static func canTakeOver(_ live: WorkerSlot, from slot: WorkerSlot) -> Bool {
        slot !== live && !slot.hasOtherTokens(than: live)
    }

    /// Whether the variant that a route chose has it, so that its answer may be rated.
    var isRouted: Bool { routed != nil && !hasFallenBack }

    /// Whether its times are wanted, and whether the answer is.
    var isObserved: Bool { observation != nil || routed != nil }
    var wantsAnswer: Bool { observation != nil || routed?.isJudged == true }

    /// The worker that has it died.
    func died() { state.withLock { $0.wasTaken = true } }

    /// The one that has it failed: the variant that is live takes over.
    /// - Returns: false when that is the one.
    func fallBack() -> Bool {
        let live = endpoint.live
        return state.withLock { state in
            guard Self.canTakeOver(live, from: state.use.slot) else { return false }
            let promptTokens = state.use.promptTokens
            (state.use, state.hasFallenBack) = (SlotUse(live, promptTokens: promptTokens), true)
            return true
        }
    }

    /// The request has its answer, or an error. What a client did wrong says nothing of who found that, nor does the time that it
    /// gave.
    func tell(
        _ status: HTTPResponse.Status, times: AnswerTimes? = nil, usage: Usage? = nil, answer: AnswerText? = nil
    ) {
        let state = state.withLock { state in
            defer { state.isTold = true }
            return state
        }
        guard !state.isTold else { return }
        // What another variant answered, or two workers one after the other, says nothing of the one that was chosen.
        if status == .ok, !state.hasFallenBack, !state.wasTaken {
            routed?.tell(times: times, usage: usage ?? Usage(), answer: answer)
        }
        guard let observation else { return }
        guard status != .gatewayTimeout || observation.body["timeout"]?.isNull ?? true else { return }
        let isFault = status.code >= 500 || status == .tooManyRequests
        guard status == .ok || isFault else { return }
        let failed = isFault || state.hasFallenBack
        observation.desk.tell(
            TrialOutcome(
                group: observation.group, failed: failed, times: failed ? nil : times, path: observation.path,
                body: observation.body, answer: failed ? nil : answer))
    }
}
