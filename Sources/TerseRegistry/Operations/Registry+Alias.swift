import Foundation
import GRDB

extension Registry {
    /// Points an alias of the reference's model to its variant, for all readers at once.
    /// - Returns: the move; where it pointed there already, the one that brought it there.
    /// - Throws: `RegistryError`; then nothing was changed.
    @discardableResult
    public func setAlias(_ alias: String, to reference: ModelReference, by: Attribution) throws(RegistryError)
        -> AliasMove
    {
        try moveAlias(alias, of: reference.name, by) { db, ledger in
            try ledger.set(try Catalog(db: db).variant(reference).variant.id)
        }
    }

    /// Points an alias to nothing.
    /// - Throws: `RegistryError` (`notFound` when it never pointed to anything); then nothing was changed.
    @discardableResult
    public func clearAlias(_ alias: String, of model: String, by: Attribution) throws(RegistryError) -> AliasMove {
        try moveAlias(alias, of: model, by) { _, ledger in try ledger.clear() }
    }

    /// Points an alias to what it pointed to before: once more, further back.
    /// - Parameter expected: what it must point to now; nil: whatever that is.
    /// - Throws: `RegistryError` (`conflict` when there is nothing to go back to, or it points elsewhere); then nothing was
    ///   changed.
    @discardableResult
    public func rollback(
        _ model: String, alias: String = RegistryName.production, from expected: ModelReference? = nil, by: Attribution
    ) throws(RegistryError) -> AliasMove {
        try moveAlias(alias, of: model, by) { db, ledger in
            let targets = try AliasTarget.fetchAll(db, model: try Catalog(db: db).modelID(model))
            let found = targets.first { $0.alias == alias }?.reference(of: model)
            if let expected, found != expected {
                throw RegistryError(
                    .conflict,
                    "\(alias) of \(model): expected \(expected), found \(found?.description ?? "nothing")")
            }
            try ledger.rollback(model)
        }
    }

    private func moveAlias(
        _ alias: String, of model: String, _ by: Attribution, _ body: (Database, AliasLedger) throws -> Void
    ) throws(RegistryError) -> AliasMove {
        try AliasLedger.checkName(alias)
        try by.check()
        return try write { db in
            let ledger = AliasLedger(db: db, model: try Catalog(db: db).modelID(model), alias: alias, by: by)
            try body(db, ledger)
            let condition = "model.name = ? AND alias = ? ORDER BY alias_move.id DESC LIMIT 1"
            guard let move = try AliasMove.fetch(db, condition, [model, alias]).first else {
                throw RegistryError(.notFound, "\(model): the alias \(alias) points to nothing")
            }
            return move
        }
    }

    /// What the aliases of a model point to, ordered by name.
    /// - Throws: `RegistryError` (`notFound`).
    public func aliases(of model: String) throws(RegistryError) -> [AliasTarget] {
        try read { db in try AliasTarget.fetchAll(db, model: try Catalog(db: db).modelID(model)) }
    }

    /// All moves of a model's aliases, or of one, the first one first.
    /// - Throws: `RegistryError` (`notFound`).
    public func moves(of model: String, alias: String? = nil) throws(RegistryError) -> [AliasMove] {
        try read { db in
            _ = try Catalog(db: db).modelID(model)
            let condition = "model.name = ? AND coalesce(alias = ?, 1) ORDER BY alias_move.id"
            return try AliasMove.fetch(db, condition, [model, alias])
        }
    }

    /// What an alias of each model, or of one, pointed to at a time: the move that was the last one then. Models of
    /// which it pointed to nothing are left out.
    /// - Parameter date: nil: now, whatever the clock says; it may have been set back since the last move.
    /// - Throws: `RegistryError` (`notFound`).
    public func live(
        at date: Date? = nil, alias: String = RegistryName.production, model: String? = nil
    ) throws(RegistryError) -> [AliasMove] {
        try read { db in
            if let model { _ = try Catalog(db: db).modelID(model) }
            let latest = "SELECT max(id) FROM alias_move WHERE made_at <= ? AND alias = ? GROUP BY model_id"
            let now = "SELECT move_id FROM alias WHERE alias = ?"
            let condition = """
                alias_move.id IN (\(date == nil ? now : latest))
                AND coalesce(model.name = ?, 1) AND variant_id IS NOT NULL ORDER BY model.name
                """
            let time: [String?] = date.map { [Timestamp.column($0)] } ?? []
            return try AliasMove.fetch(db, condition, StatementArguments(time + [alias, model]))
        }
    }
}

extension AliasMove {
    fileprivate static func fetch(
        _ db: Database, _ condition: String, _ arguments: StatementArguments
    ) throws -> [AliasMove] {
        let sql = """
            SELECT alias_move.*, model.name AS model, version.number AS number, variant.name AS variant
            FROM alias_move JOIN model ON model.id = alias_move.model_id
                LEFT JOIN variant ON variant.id = variant_id LEFT JOIN version ON version.id = version_id
            WHERE \(condition)
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            guard let kind = Kind(rawValue: try row.get("kind")) else {
                throw RegistryError(.corrupt, "alias_move with row \(try row.get("id") as Int64): unknown kind")
            }
            return try AliasMove(
                id: row.get("id"), model: row.get("model"), alias: row.get("alias"), kind: kind,
                version: row.get("number"),
                variant: row.get("variant"), made: Record(row))
        }
    }
}

extension AliasTarget {
    static func fetchAll(_ db: Database, model: Int64) throws -> [AliasTarget] {
        let sql = """
            SELECT alias.*, version.number AS number, variant.name AS variant
            FROM alias JOIN variant ON variant.id = variant_id JOIN version ON version.id = version_id
            WHERE alias.model_id = ? ORDER BY alias
            """
        return try Row.fetchAll(db, sql: sql, arguments: [model]).map {
            try AliasTarget(
                alias: $0.get("alias"), version: $0.get("number"), variant: $0.get("variant"), moved: Record($0))
        }
    }
}
