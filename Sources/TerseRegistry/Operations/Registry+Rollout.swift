import Foundation
import GRDB

extension Registry {
    /// Begins a rollout of a variant in place of what production points to.
    /// - Parameters:
    ///   - plan: a JSON object.
    ///   - state: a JSON object: what it is at first.
    ///   - weight: the candidate's share of conversations at first.
    /// - Throws: `RegistryError`: `notFound`, `conflict` when the model has a rollout under way or production points there
    ///   already. Nothing was recorded then.
    public func beginRollout(
        of reference: ModelReference, plan: String, state: String, weight: Double, by: Attribution
    ) throws(RegistryError) -> RolloutRecord {
        try by.check()
        try RecordText.check(plan, "plan", bytesMax: RegistryLimits.rolloutPlanBytesMax)
        try RecordText.check(state, "state", bytesMax: RegistryLimits.rolloutStateBytesMax)
        return try write { db in
            try Self.beginRollout(of: reference, plan: plan, state: state, weight: weight, by: by, db)
        }
    }

    /// The same within a transaction.
    static func beginRollout(
        of reference: ModelReference, plan: String, state: String, weight: Double, by: Attribution, _ db: Database
    ) throws -> RolloutRecord {
        let (catalog, ledger) = (Catalog(db: db), RolloutLedger(db: db))
        let model = try catalog.modelID(reference.name)
        let candidate = try catalog.variant(reference).variant.id
        let live = ModelReference(name: reference.name, selector: .alias(RegistryName.production))
        let stable = try catalog.variant(live).variant.id
        guard candidate != stable else {
            throw RegistryError(
                .conflict, "\(reference): expected another variant than production points to, found the same")
        }
        if let other = try ledger.rollouts(where: Self.isRunning + " AND rollout.model_id = ?", [model]).first {
            throw RegistryError(
                .conflict, "\(reference.name): rollout \(other.id) of \(other.candidate) is under way; abort it first")
        }
        let id = try ledger.add(model: model, candidate: candidate, stable: stable, plan: plan, by: by)
        let event = try ledger.add(.begun, to: id, weight: weight, by: by)
        try ledger.save(state, of: id, event: event)
        return try ledger.rollout(id)
    }

    /// Records what happened in a rollout. A promotion moves production to the candidate, in the same transaction.
    /// - Parameters:
    ///   - weight: the candidate's share of conversations from then on; nil: as before, or what an end makes of it.
    ///   - last: the newest event that the caller knows; nil: whatever happened is right.
    ///   - state: what it has come to with this; nil: whoever carries it out finds that out from the event.
    /// - Throws: `RegistryError`: `notFound`; `conflict` when it has ended, when there are newer events than the caller knows,
    ///   or when what would be promoted would not replace what it was compared with. Nothing was recorded then.
    @discardableResult
    public func record(
        _ kind: RolloutRecord.Event.Kind, ofRollout id: Int64, weight: Double? = nil, after last: Int64? = nil,
        state: String? = nil, by: Attribution
    ) throws(RegistryError) -> RolloutRecord {
        try by.check()
        if let state { try RecordText.check(state, "state", bytesMax: RegistryLimits.rolloutStateBytesMax) }
        return try write { db in
            let ledger = RolloutLedger(db: db)
            let rollout = try ledger.rollout(id)
            try Self.check(kind, rollout, after: last)
            let isOut = [.rolledBack, .aborted].contains(kind)
            let share = weight ?? (kind == .promoted ? 1 : isOut ? 0 : rollout.weight)
            let move = kind == .promoted ? try Self.promote(rollout, db, by) : nil
            let event = try ledger.add(kind, to: id, weight: share, move: move, by: by)
            if let state { try ledger.save(state, of: id, event: event) }
            return try ledger.rollout(id)
        }
    }

    private static func check(
        _ kind: RolloutRecord.Event.Kind, _ rollout: RolloutRecord, after last: Int64?
    ) throws(RegistryError) {
        let name = "rollout \(rollout.id) of \(rollout.candidate)"
        if let end = rollout.end {
            throw RegistryError(
                .conflict, "\(name) was \(end.kind.rawValue) at \(Timestamp.text(end.made.date)) by \(end.made.author)")
        }
        if let last, let newest = rollout.events.last, newest.id != last {
            throw RegistryError(
                .conflict, "\(name): expected event \(last) to be the last, found \(newest.id), \(newest.kind.rawValue)"
            )
        }
        if kind == .resumed, !rollout.isPaused { throw RegistryError(.conflict, "\(name) is not paused") }
    }

    /// - Returns: the row of the move.
    private static func promote(_ rollout: RolloutRecord, _ db: Database, _ by: Attribution) throws -> Int64 {
        let catalog = Catalog(db: db)
        let live = ModelReference(name: rollout.model, selector: .alias(RegistryName.production))
        let target = try catalog.variant(live)
        let found = try catalog.reference(variant: target.variant.id)
        guard found == rollout.stable else {
            throw RegistryError(
                .conflict,
                "rollout \(rollout.id): expected \(live) to be \(rollout.stable), with which \(rollout.candidate) was "
                    + "compared, found \(found): abort it")
        }
        let alias = AliasLedger(
            db: db, model: try catalog.modelID(rollout.model), alias: RegistryName.production, by: by)
        try alias.set(try catalog.variant(rollout.candidate).variant.id)
        let sql = "SELECT move_id FROM alias JOIN model ON model.id = model_id WHERE name = ? AND alias = ?"
        return try Int64.fetchOne(db, sql: sql, arguments: [rollout.model, RegistryName.production]) ?? 0
    }

    /// Saves what a rollout has come to since its last event.
    /// - Parameter event: the newest that the state knows.
    /// - Throws: `RegistryError` (`conflict` for a state of before one that is saved); nothing was changed then.
    public func saveRolloutState(_ state: String, ofRollout id: Int64, event: Int64) throws(RegistryError) {
        try RecordText.check(state, "state", bytesMax: RegistryLimits.rolloutStateBytesMax)
        try write { try RolloutLedger(db: $0).save(state, of: id, event: event) }
    }

    private static let isRunning = "rollout.id IN (SELECT id FROM rollout_running)"

    /// - Throws: `RegistryError` (`notFound`).
    public func rollout(_ id: Int64) throws(RegistryError) -> RolloutRecord {
        try read { try RolloutLedger(db: $0).rollout(id) }
    }

    /// All rollouts, or a model's, the first one first.
    /// - Parameter count: so many of the latest; nil: all.
    /// - Throws: `RegistryError` (`notFound`).
    public func rollouts(
        of model: String? = nil, runningOnly: Bool = false, latest count: Int? = nil
    ) throws(RegistryError) -> [RolloutRecord] {
        try read { db in
            if let model { _ = try Catalog(db: db).modelID(model) }
            let condition = "coalesce(model.name = ?, 1)" + (runningOnly ? " AND \(Self.isRunning)" : "")
            return try RolloutLedger(db: db).rollouts(where: condition, [model], latest: count)
        }
    }

    /// The rollout of a model that began last.
    /// - Throws: `RegistryError` (`notFound`).
    public func latestRollout(of model: String) throws(RegistryError) -> RolloutRecord? {
        try read { db in
            let id = try Catalog(db: db).modelID(model)
            let latest = "rollout.id = (SELECT max(id) FROM rollout WHERE model_id = ?)"
            return try RolloutLedger(db: db).rollouts(where: latest, [id]).first
        }
    }

    /// What changes whenever anything happens in a model's rollouts or to its aliases: cheap to ask for again and again.
    /// - Throws: `RegistryError` (`notFound`).
    public func rolloutMark(of model: String) throws(RegistryError) -> RolloutMark {
        try read { db in
            let id = try Catalog(db: db).modelID(model)
            let event = """
                SELECT max(rollout_event.id) FROM rollout_event JOIN rollout ON rollout.id = rollout_id
                WHERE model_id = ?
                """
            let move = "SELECT max(id) FROM alias_move WHERE model_id = ? AND alias = ?"
            return RolloutMark(
                event: try Int64.fetchOne(db, sql: event, arguments: [id]) ?? 0,
                move: try Int64.fetchOne(db, sql: move, arguments: [id, RegistryName.production]) ?? 0)
        }
    }

    /// The right to carry out a model's rollouts, of which there is one among all processes.
    /// - Returns: nil while another has it.
    /// - Throws: `RegistryError`.
    public func leadRollouts(of model: String) throws(RegistryError) -> Lease? {
        try lease("rollouts", of: model)
    }
}
