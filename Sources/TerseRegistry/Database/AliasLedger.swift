import Foundation
import GRDB

/// Moves of one alias of one model, within a transaction.
///
/// A move that sets remembers in `below` the move before whose target a rollback brings back; a rollback takes over
/// that of the move that it goes back to. So the moves form a stack of which nothing is ever lost: v1, v2, v3, rollback,
/// rollback is at v1 again, and v4 then lies on v1.
struct AliasLedger {
    let db: Database
    let model: Int64
    let alias: String
    let by: Attribution

    /// A row of `alias_move`.
    private struct Move {
        let id: Int64
        let variant: Int64?
        let below: Int64?
        let date: Date
    }

    /// - Throws: `RegistryError` (`invalid`), also for the alias that nobody sets.
    static func checkName(_ alias: String) throws(RegistryError) {
        try RegistryName.check(alias, "alias")
        guard alias != RegistryName.previous else {
            throw RegistryError(
                .invalid,
                "alias: \(RegistryName.previous) cannot be moved: it is what a rollback of \(RegistryName.production) brings back"
            )
        }
    }

    /// Points the alias to a variant; no move where it does already.
    func set(_ variant: Int64) throws {
        let top = try latest(alias)
        guard top?.variant != variant else { return }
        if top == nil { try checkCount() }
        // Over a clearing lies what was cleared.
        try add("set", variant, below: top.flatMap { $0.variant == nil ? $0.below : $0.id }, after: top?.date)
    }

    /// Points it to nothing; no move where it does already.
    func clear() throws {
        guard let top = try latest(alias), top.variant != nil else { return }
        try add("clear", nil, below: top.id, after: top.date)
    }

    /// Points it to what it pointed to before.
    /// - Throws: `RegistryError` (`conflict`) when there is nothing, or it was removed.
    func rollback(_ name: String) throws {
        guard let top = try latest(alias), let below = top.below, let target = try move(below),
            let variant = target.variant
        else {
            throw RegistryError(.conflict, "\(name)@\(alias): there is nothing to roll back to")
        }
        if let record = try removal(of: variant) {
            throw RegistryError(
                .conflict,
                "\(name)@\(alias): what it pointed to before was removed at \(Timestamp.text(record.date)) "
                    + "by \(record.author): it lay deeper than rollbacks go")
        }
        try add("rollback", variant, below: target.below, after: top.date)
    }

    private func add(_ kind: String, _ variant: Int64?, below: Int64?, after last: Date?) throws {
        // A clock that was set back must not make the order of moves and their times disagree.
        let date = max(Registry.now, last ?? .distantPast)
        try insert(alias, kind, variant, below: below, date, by.reason)
        guard alias == RegistryName.production else { return }
        // A rollback brings back nothing that was removed.
        let previous = try below.flatMap { try move($0)?.variant }.flatMap { try removal(of: $0) == nil ? $0 : nil }
        let latest = try latest(RegistryName.previous)
        guard previous != latest?.variant else { return }
        let reason = "\(RegistryName.production) moved"
        try insert(
            RegistryName.previous, previous == nil ? "clear" : "set", previous, below: nil,
            max(date, latest?.date ?? date), reason)
    }

    /// Archives take no more, and so could not be written.
    private func checkCount() throws {
        let sql = "SELECT count(DISTINCT alias) FROM alias_move WHERE model_id = ?"
        let count = try Int.fetchOne(db, sql: sql, arguments: [model]) ?? 0
        guard count < RegistryLimits.aliasesMax else {
            throw RegistryError(
                .limitExceeded,
                "alias \(alias): the model has \(count) aliases, the limit is \(RegistryLimits.aliasesMax)")
        }
    }

    private func insert(
        _ alias: String, _ kind: String, _ variant: Int64?, below: Int64?, _ date: Date, _ reason: String?
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO alias_move (model_id, alias, kind, variant_id, below, made_at, made_by, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [model, alias, kind, variant, below, Timestamp.column(date), by.author, reason])
    }

    private func removal(of variant: Int64) throws -> Record? {
        let sql = "SELECT * FROM removal WHERE variant_id = ?"
        return try Row.fetchOne(db, sql: sql, arguments: [variant]).map { try Record($0) }
    }

    private func latest(_ alias: String) throws -> Move? {
        let sql = "SELECT * FROM alias_move WHERE model_id = ? AND alias = ? ORDER BY id DESC LIMIT 1"
        return try Row.fetchOne(db, sql: sql, arguments: [model, alias]).map(Self.move)
    }

    private func move(_ id: Int64) throws -> Move? {
        try Row.fetchOne(db, sql: "SELECT * FROM alias_move WHERE id = ?", arguments: [id]).map(Self.move)
    }

    private static func move(_ row: Row) throws -> Move {
        try Move(id: row.get("id"), variant: row.get("variant_id"), below: row.get("below"), date: row.get("made_at"))
    }
}
