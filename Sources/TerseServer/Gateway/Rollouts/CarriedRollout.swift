import TerseOperations
import TerseRegistry

/// A rollout that this server carries out.
struct CarriedRollout: Sendable {
    let id: Int64
    let candidate: ServedVariant
    let stable: ModelReference
    /// Nobody else carries it out as long as this is held.
    let lease: Lease
    var trial: ModelEndpoint.Trial
    var rollout: Rollout
    /// The newest event that the rollout knows.
    var lastEventID: Int64
    /// Whether both workers are there and have their shares.
    var isOpen = false
    /// Whether it has come to more than is saved.
    var isChanged = false
    var lastSave: Duration

    mutating func saved(_ rollout: Rollout, at now: Duration) {
        (self.rollout, isChanged, lastSave) = (rollout, false, now)
    }

    /// Why it cannot go on: a worker that does not load, or the candidate's that died.
    var failure: String? {
        trial.candidate.failure.map { "the candidate: \($0)" }
            ?? trial.control.failure.map { "the control group: \($0)" }
    }

    /// Whether it cannot be told what a candidate would make of tokens that the live variant chose, or the other way round.
    var hasOtherTokens: Bool { trial.candidate.hasOtherTokens(than: trial.control) }
}
