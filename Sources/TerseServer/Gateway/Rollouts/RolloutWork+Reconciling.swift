import Foundation
import TerseOperations
import TerseRegistry

/// From what is recorded to what is done.
extension RolloutWork {
    /// - Returns: a trial that begins.
    mutating func reconcile() async throws -> ModelEndpoint.Trial? {
        let model = live.reference.name
        let newest = try await parts.registry.use { try $0.rolloutMark(of: model) }
        guard newest != mark else { return nil }
        mark = newest
        do {
            if let carried { try await follow(carried.id) }
            guard carried == nil, try await !followProduction() else { return nil }
            return try await begin()
        } catch {
            mark = nil
            throw error
        }
    }

    /// Takes in what others recorded of the rollout that is carried out.
    private mutating func follow(_ id: Int64) async throws {
        let model = live.reference.name
        let (record, targets) = try await parts.registry.use { (try $0.rollout(id), try $0.aliases(of: model)) }
        for event in record.events where event.id > carried?.lastEventID ?? .max {
            carried?.lastEventID = event.id
            switch event.kind {
            case .begun, .split, .probed: break
            case .paused: try? carried?.rollout.pause(by: event.made.reason ?? "by \(event.made.author)")
            case .resumed: try await resume()
            case .promoted:
                if let carried { adopt(carried) }
                return
            case .rolledBack, .aborted: return drop(event.kind)
            }
        }
        guard let carried else { return }
        let target = targets.production(of: model)
        guard target != carried.stable else { return }
        var next = carried.rollout
        let found = target?.description ?? "nothing"
        let reason = "\(RegistryName.production) was moved to \(found) meanwhile"
        if let action = next.fail(reason) { try await carryOut(action, next) }
    }

    /// Goes on, unless it was paused because it can only be promoted or aborted.
    private mutating func resume() async throws {
        guard var next = carried?.rollout else { return }
        do throws(RolloutError) {
            try next.resume(at: now)
            carried?.rollout = next
        } catch {
            try await carryOut(.pause(reason: error.description), next)
        }
    }

    /// Begins to carry out the rollout that is under way, from where it is.
    private mutating func begin() async throws -> ModelEndpoint.Trial? {
        let model = live.reference.name
        let running = try await parts.registry.use { try $0.rollouts(of: model, runningOnly: true).first }
        guard let record = running else { return nil }
        guard record.stable == live.reference else {
            complain("rollout \(record.id) replaces \(record.stable), this server has \(live.reference)")
            return nil
        }
        guard let lease = try await parts.registry.use({ try $0.leadRollouts(of: model) }) else {
            complain("another server carries rollout \(record.id) out")
            mark = nil
            return nil
        }
        // As whoever carried it out before has left it.
        let held = try await parts.registry.use { try $0.rollout(record.id) }
        guard held.end == nil else {
            mark = nil
            return nil
        }
        let rollout: Rollout
        let candidate: ServedVariant
        do {
            rollout = try restored(held)
            candidate = try await parts.registry.use { try ServedVariant(held.candidate, in: $0) }
        } catch let error where Self.isPassing(error) {
            throw error
        } catch {
            let by = Attribution(author: Self.author, reason: "the candidate cannot be served: \(error)")
            _ = try await parts.registry.use { try $0.record(.rolledBack, ofRollout: held.id, by: by) }
            return nil
        }
        let trial = ModelEndpoint.Trial(
            candidate: parts.fleet.start(candidate, as: .candidate), control: parts.fleet.start(live, as: .control),
            desk: TrialDesk(), weight: 0, isShadow: false)
        carried = CarriedRollout(
            id: held.id, candidate: candidate, stable: held.stable, lease: lease, trial: trial,
            rollout: rollout, lastEventID: held.stateEventID, lastSave: now)
        parts.logger.notice(
            "rollout is carried out",
            metadata: ["rollout": "\(held.id)", "candidate": "\(held.candidate)", "pairs": "\(rollout.pairs)"])
        // What happened since its state was saved is taken in at the next look: the trial begins whatever becomes of that.
        mark = nil
        return trial
    }

    /// Whether the same may go well the next time.
    static func isPassing(_ error: any Error) -> Bool {
        guard let error = error as? RegistryError else { return error is CancellationError }
        return ![.notFound, .corrupt].contains(error.code)
    }

    /// As it was saved last.
    private func restored(_ record: RolloutRecord) throws -> Rollout {
        var rollout = try Rollout(json: record.state)
        guard !rollout.isEnded else {
            throw ServerError("the state of rollout \(record.id) is that of one that ended")
        }
        rollout.restart(at: now)
        return rollout
    }
}
