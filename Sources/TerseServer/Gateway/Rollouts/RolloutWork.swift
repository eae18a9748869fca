import Foundation
import Logging
import TerseOperations
import TerseRegistry

/// The work of a `RolloutCarrier`: the rollout under way, if any, and what was found in the registry last.
struct RolloutWork {
    let parts: RolloutCarrier.Parts
    /// The variant that is live.
    var live: ServedVariant
    var carried: CarriedRollout?
    /// What becomes live as soon as its worker is ready.
    var successor: Successor?
    /// What was found last; nil: look again, whatever there is.
    var mark: RolloutMark?
    private var complaint = ""
    private let epoch = ContinuousClock.now

    /// Evidence is saved so often at least.
    private static let saveInterval = Duration.seconds(2)
    static let author = "terse serve"

    init(_ parts: RolloutCarrier.Parts, live: ServedVariant) { (self.parts, self.live) = (parts, live) }

    var now: Duration { epoch.duration(to: .now) }

    /// Finds what was recorded, observes what was told, decides, and does what follows from it.
    /// - Returns: a trial that begins, whose aides are to run.
    mutating func look() async -> ModelEndpoint.Trial? {
        var begun: ModelEndpoint.Trial?
        do {
            begun = try await reconcile()
            succeed()
            try await goOn()
        } catch {
            complain("\(error)")
        }
        return begun
    }

    /// Saves what there is: the server ends.
    mutating func leave() async {
        guard let carried else { return }
        do { try await save(carried) } catch { complain("\(error)") }
        carried.trial.desk.close()
    }

    /// Logs what is wrong once, not every time that it is found.
    mutating func complain(_ text: String) {
        if text != complaint {
            parts.logger.warning("rollout", metadata: ["model": "\(live.reference.name)", "problem": "\(text)"])
        }
        complaint = text
    }

    // MARK: Decisions

    private mutating func goOn() async throws {
        guard var carried else { return }
        if let failure = carried.failure { return try await fail(carried, failure) }
        if !carried.isOpen {
            guard carried.trial.candidate.isReady, carried.trial.control.isReady else {
                // Nobody waits for traffic yet.
                carried.rollout.restart(at: now)
                self.carried = carried
                return
            }
            guard !carried.hasOtherTokens else {
                return try await fail(carried, "the candidate has other tokens than the variant that is live")
            }
            carried.isOpen = true
            parts.logger.info("rollout has its workers", metadata: ["rollout": "\(carried.id)"])
        }
        for (outcome, group) in carried.trial.desk.take() {
            carried.rollout.observe(outcome, of: group)
            parts.endpoint.figures.count(outcome, group)
            carried.isChanged = true
        }
        self.carried = carried
        var next = carried.rollout
        guard let action = next.evaluate(at: now) else {
            self.carried?.rollout = next
            share()
            if carried.isChanged, now - carried.lastSave >= Self.saveInterval { try await save(carried) }
            return
        }
        try await carryOut(action, next)
    }

    private mutating func fail(_ carried: CarriedRollout, _ reason: String) async throws {
        var next = carried.rollout
        if let action = next.fail(reason) { try await carryOut(action, next) }
    }

    mutating func carryOut(_ action: RolloutAction, _ next: Rollout) async throws {
        switch action {
        case .split: _ = try await record(.split, next)
        case .pause(let reason): _ = try await record(.paused, next, reason)
        case .probe(let pairs):
            guard try await record(.probed, next, "too little traffic: \(pairs) pairs of requests") else { return }
            carried?.trial.desk.probe(pairs: pairs)
        case .promote:
            guard try await record(.promoted, next), let carried else { return }
            adopt(carried)
        case .rollBack(let reason):
            // Whatever becomes of the record, nobody gets the candidate any more.
            parts.endpoint.set(nil)
            guard try await record(.rolledBack, next, reason) else { return }
            drop(.rolledBack)
        }
    }

    /// Records what was decided, if nothing was recorded since.
    /// - Returns: false when something was.
    private mutating func record(
        _ kind: RolloutRecord.Event.Kind, _ next: Rollout, _ reason: String? = nil
    ) async throws -> Bool {
        guard let carried else { return false }
        let by = Attribution(author: Self.author, reason: reason)
        do {
            let recorded = try await parts.registry.use { registry in
                try registry.record(
                    kind, ofRollout: carried.id, weight: next.weight, after: carried.lastEventID, state: next.json,
                    by: by)
            }
            self.carried?.lastEventID = recorded.events.last?.id ?? carried.lastEventID
        } catch let error as RegistryError where error.code == .conflict {
            complain(error.message)
            mark = nil
            return false
        }
        parts.logger.notice(
            "rollout \(kind.rawValue)",
            metadata: [
                "rollout": "\(carried.id)", "candidate": "\(carried.candidate.reference)", "weight": "\(next.weight)",
                "pairs": "\(next.pairs)", "reason": "\(reason ?? "")",
            ])
        let time = now
        self.carried?.saved(next, at: time)
        share()
        return true
    }

    private mutating func save(_ carried: CarriedRollout) async throws {
        try await parts.registry.use { registry in
            try registry.saveRolloutState(
                carried.rollout.json, ofRollout: carried.id, event: carried.lastEventID)
        }
        let time = now
        self.carried?.saved(carried.rollout, at: time)
    }

    // MARK: Traffic

    /// Gives everybody the share that the rollout says.
    mutating func share() {
        guard var carried, carried.isOpen, !carried.rollout.isEnded else { return }
        carried.trial.weight = carried.rollout.weight
        carried.trial.isShadow = carried.rollout.phase == .shadow
        self.carried = carried
        parts.endpoint.set(carried.trial)
        parts.endpoint.figures.show(carried.rollout)
    }

    /// The candidate is live from now on, or as soon as its worker is ready.
    mutating func adopt(_ carried: CarriedRollout) {
        dropSuccessor()
        successor = Successor(variant: carried.candidate, slot: carried.trial.candidate)
        parts.endpoint.set(nil)
        carried.trial.control.retire()
        end(carried, .promoted)
        succeed()
    }

    /// What is live stays, and the workers beside it go.
    mutating func drop(_ kind: RolloutRecord.Event.Kind) {
        parts.endpoint.set(nil)
        guard let carried else { return }
        carried.trial.candidate.retire()
        carried.trial.control.retire()
        end(carried, kind)
    }

    private mutating func end(_ carried: CarriedRollout, _ kind: RolloutRecord.Event.Kind) {
        carried.trial.desk.close()
        parts.endpoint.figures.end(kind)
        self.carried = nil
        // What was moved meanwhile is followed.
        mark = nil
    }
}
