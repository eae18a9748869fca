import Foundation
import GRDB

/// Rollouts within a transaction: reads them, and adds what happens.
struct RolloutLedger {
    let db: Database

    private static let columns = """
        rollout.*, model.name AS model, rollout_state.state AS state, rollout_state.event_id AS state_event,
        rollout_state.saved_at AS saved_at
        """
    private static let tables = """
        JOIN model ON model.id = rollout.model_id JOIN rollout_state ON rollout_state.rollout_id = rollout.id
        """

    /// The first one first.
    /// - Parameters:
    ///   - condition: of `rollout`, in SQL.
    ///   - count: so many of the latest; nil: all.
    func rollouts(
        where condition: String, _ arguments: StatementArguments, latest count: Int? = nil
    ) throws -> [RolloutRecord] {
        let sql = """
            SELECT \(Self.columns) FROM rollout \(Self.tables) WHERE \(condition)
            ORDER BY rollout.id DESC LIMIT \(count ?? -1)
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).reversed().map(record)
    }

    /// - Throws: `RegistryError` (`notFound`).
    func rollout(_ id: Int64) throws -> RolloutRecord {
        guard let found = try rollouts(where: "rollout.id = ?", [id]).first else {
            throw RegistryError(.notFound, "there is no rollout \(id)")
        }
        return found
    }

    private func record(_ row: Row) throws -> RolloutRecord {
        let (id, catalog): (Int64, Catalog) = (try row.get("id"), Catalog(db: db))
        let events = "SELECT * FROM rollout_event WHERE rollout_id = ? ORDER BY id"
        return try RolloutRecord(
            id: id, model: row.get("model"), candidate: catalog.reference(variant: row.get("candidate_id")),
            stable: catalog.reference(variant: row.get("stable_id")), plan: row.get("plan"), made: Record(row),
            events: Row.fetchAll(db, sql: events, arguments: [id]).map(event), state: row.get("state"),
            stateEventID: row.get("state_event"), savedAt: row.get("saved_at"))
    }

    private func event(_ row: Row) throws -> RolloutRecord.Event {
        guard let kind = RolloutRecord.Event.Kind(rawValue: try row.get("kind")) else {
            throw RegistryError(.corrupt, "rollout_event with row \(try row.get("id") as Int64): unknown kind")
        }
        return try RolloutRecord.Event(id: row.get("id"), kind: kind, weight: row.get("weight"), made: Record(row))
    }

    /// - Returns: its row.
    func add(model: Int64, candidate: Int64, stable: Int64, plan: String, by: Attribution) throws -> Int64 {
        try db.execute(
            sql: """
                INSERT INTO rollout (model_id, candidate_id, stable_id, plan, made_at, made_by, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [model, candidate, stable, plan, Timestamp.column(Registry.now), by.author, by.reason])
        return db.lastInsertedRowID
    }

    /// - Parameter move: the row of the alias's move that a promotion is.
    /// - Returns: its row.
    func add(
        _ kind: RolloutRecord.Event.Kind, to rollout: Int64, weight: Double, move: Int64? = nil, by: Attribution
    ) throws -> Int64 {
        let time = try Ledger.timeOfNextEvent(in: "rollout", rollout, db)
        try db.execute(
            sql: """
                INSERT INTO rollout_event (rollout_id, kind, weight, move_id, made_at, made_by, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                rollout, kind.rawValue, weight, move, time, by.author, by.reason,
            ])
        return db.lastInsertedRowID
    }

    /// Saves what a rollout has come to.
    /// - Parameter event: the newest that it knows.
    func save(_ state: String, of rollout: Int64, event: Int64) throws {
        try db.execute(
            sql: """
                INSERT INTO rollout_state (rollout_id, event_id, saved_at, state) VALUES (?, ?, ?, ?)
                ON CONFLICT (rollout_id) DO UPDATE SET
                    event_id = excluded.event_id, saved_at = excluded.saved_at, state = excluded.state
                """,
            arguments: [rollout, event, Timestamp.column(Registry.now), state])
    }
}
