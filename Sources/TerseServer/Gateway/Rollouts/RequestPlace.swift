import HTTPTypes
import Synchronization
import TerseJSON
import TerseOperations

/// Whom a request is given to, and, where a rollout compares, what becomes of it.
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

    private let deployment: Deployment
    private let observation: Observation?
    private let state: Mutex<State>

    init(_ use: SlotUse, deployment: Deployment, observation: Observation? = nil) {
        (self.deployment, self.observation) = (deployment, observation)
        state = Mutex(State(use: use))
    }

    var slot: WorkerSlot { state.withLock { $0.use.slot } }

    /// Whether another has it than at first.
    var hasFallenBack: Bool { state.withLock { $0.hasFallenBack } }

    /// Whether a worker that died had it.
    var wasTaken: Bool { state.withLock { $0.wasTaken } }

    /// Whether there is another that could answer.
    var canFallBack: Bool { Self.canTakeOver(deployment.live, from: slot) }

    /// One with other tokens could not go on with what was begun.
    private static func canTakeOver(_ live: WorkerSlot, from slot: WorkerSlot) -> Bool {
        slot !== live && !slot.hasOtherTokens(than: live)
    }

    /// Whether the answer is wanted beside its times.
    var isObserved: Bool { observation != nil }

    /// The worker that has it died.
    func died() { state.withLock { $0.wasTaken = true } }

    /// The one that has it failed: the variant that is live takes over.
    /// - Returns: false when that is the one.
    func fallBack() -> Bool {
        let live = deployment.live
        return state.withLock { state in
            guard Self.canTakeOver(live, from: state.use.slot) else { return false }
            (state.use, state.hasFallenBack) = (SlotUse(live), true)
            return true
        }
    }

    /// The request has its answer, or an error. What a client did wrong says nothing of who found that, nor does the time that it
    /// gave.
    func tell(_ status: HTTPResponse.Status, times: AnswerTimes? = nil, answer: AnswerText? = nil) {
        guard let observation else { return }
        guard status != .gatewayTimeout || observation.body["timeout"]?.isNull ?? true else { return }
        let (isFirst, hasFallenBack) = state.withLock { state in
            defer { state.isTold = true }
            return (!state.isTold, state.hasFallenBack)
        }
        let isFault = status.code >= 500 || status == .tooManyRequests
        guard isFirst, status == .ok || isFault else { return }
        let failed = isFault || hasFallenBack
        observation.desk.tell(
            TrialOutcome(
                group: observation.group, failed: failed, times: failed ? nil : times, path: observation.path,
                body: observation.body, answer: failed ? nil : answer))
    }
}
