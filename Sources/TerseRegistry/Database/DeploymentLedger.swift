import Foundation
import GRDB

/// Deployments within a transaction: reads them, and adds what happens.
struct DeploymentLedger {
    let db: Database

    static let isRunning = "deployment.id IN (SELECT id FROM deployment_running)"

    /// The first one first.
    /// - Parameters:
    ///   - condition: of `deployment`, in SQL.
    ///   - count: so many of the latest; nil: all.
    func deployments(
        where condition: String, _ arguments: StatementArguments, latest count: Int? = nil
    ) throws -> [DeploymentRecord] {
        let sql = """
            SELECT deployment.*, model.name AS model FROM deployment JOIN model ON model.id = model_id
            WHERE \(condition) ORDER BY deployment.id DESC LIMIT \(count ?? -1)
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).reversed().map(record)
    }

    /// - Throws: `RegistryError` (`notFound`).
    func deployment(_ id: Int64) throws -> DeploymentRecord {
        guard let found = try deployments(where: "deployment.id = ?", [id]).first else {
            throw RegistryError(.notFound, "there is no deployment \(id)")
        }
        return found
    }

    private func record(_ row: Row) throws -> DeploymentRecord {
        let id: Int64 = try row.get("id")
        let events = "SELECT * FROM deployment_event WHERE deployment_id = ? ORDER BY id"
        return try DeploymentRecord(
            id: id, model: row.get("model"), candidate: Catalog(db: db).reference(variant: row.get("candidate_id")),
            spec: row.get("spec"), source: row.get("source"), made: Record(row),
            events: Row.fetchAll(db, sql: events, arguments: [id]).map(event))
    }

    private func event(_ row: Row) throws -> DeploymentRecord.Event {
        guard let kind = DeploymentRecord.Event.Kind(rawValue: try row.get("kind")) else {
            throw RegistryError(.corrupt, "deployment_event with row \(try row.get("id") as Int64): unknown kind")
        }
        return try DeploymentRecord.Event(
            id: row.get("id"), kind: kind, details: row.get("details"), rollout: row.get("rollout_id"),
            made: Record(row))
    }

    /// - Returns: its row.
    func add(model: Int64, candidate: Int64, spec: String, source: String?, by: Attribution) throws -> Int64 {
        try db.execute(
            sql: """
                INSERT INTO deployment (model_id, candidate_id, spec, source, made_at, made_by, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [model, candidate, spec, source, Timestamp.column(Registry.now), by.author, by.reason])
        return db.lastInsertedRowID
    }

    func add(
        _ kind: DeploymentRecord.Event.Kind, to deployment: Int64, details: String, rollout: Int64? = nil,
        by: Attribution
    ) throws {
        let time = try Ledger.timeOfNextEvent(in: "deployment", deployment, db)
        try db.execute(
            sql: """
                INSERT INTO deployment_event (deployment_id, kind, details, rollout_id, made_at, made_by, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                deployment, kind.rawValue, details, rollout, time, by.author,
                by.reason,
            ])
    }
}
