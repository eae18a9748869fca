import Foundation
import GRDB

extension Registry {
    /// States how many rollbacks in a row a model's files are kept for.
    /// - Throws: `RegistryError` (`invalid`, `notFound`).
    public func setRollbackDepth(_ depth: Int, of model: String, by: Attribution) throws(RegistryError) {
        try by.check()
        guard (1...RegistryLimits.rollbackDepthMax).contains(depth) else {
            throw RegistryError(
                .invalid, "rollback depth: expected 1 to \(RegistryLimits.rollbackDepthMax), found \(depth)")
        }
        try write { db in
            try db.execute(
                sql: "INSERT INTO retention (model_id, depth, made_at, made_by, reason) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    try Catalog(db: db).modelID(model), depth, Timestamp.column(Registry.now), by.author, by.reason,
                ])
        }
    }

    /// Removes a variant; of a reference without one all variants of its version, of a name alone all of the model.
    /// The records stay; the files go with the next collection.
    /// - Returns: what was removed.
    /// - Throws: `RegistryError`: `conflict` when an alias points to one, a rollback within the model's depth would
    ///   bring it back, or a program holds it. Then nothing was changed.
    @discardableResult
    public func remove(_ reference: ModelReference, by: Attribution) throws(RegistryError) -> [ModelReference] {
        try by.check()
        let lock = try removalLock(.exclusive)
        let removed = try write { db -> [ModelReference] in
            let catalog = Catalog(db: db)
            let versions: [ModelVersion]
            if reference.selector == .standard {
                versions = try catalog.versions(of: reference.name)
            } else {
                versions = [try catalog.version(try catalog.version(reference))]
            }
            if let name = reference.variant { _ = try catalog.variant(reference).variant.name == name }
            let needed = try catalog.needed(byAliasesOf: try catalog.modelID(reference.name))
            let ledger = Ledger(db: db, by: by)
            var removed: [ModelReference] = []
            for version in versions {
                for variant in version.kept where reference.variant.map({ $0 == variant.name }) ?? true {
                    let place = ModelReference(
                        name: version.model, selector: .version(version.number), variant: variant.name)
                    if let reason = needed[variant.id] {
                        throw RegistryError(.conflict, "\(place) cannot be removed: \(reason)")
                    }
                    guard try !isHeld(variant.id) else {
                        throw RegistryError(.conflict, "\(place) cannot be removed: a server that runs has it")
                    }
                    try ledger.removal(of: variant.id)
                    removed.append(place)
                }
            }
            guard !removed.isEmpty else { throw RegistryError(.notFound, "\(reference) was removed already") }
            return removed
        }
        lock.release()
        return removed
    }

    /// Removes every variant that an alias pointed to once and that no alias points to, nor would after as many
    /// rollbacks as the depth of its model says, nor did before as many moves: what was just rolled back from may be
    /// wanted again. Those that a program holds stay.
    /// - Returns: what was removed.
    @discardableResult
    public func removeOutlived(by: Attribution) throws(RegistryError) -> [ModelReference] {
        try by.check()
        let lock = try removalLock(.exclusive)
        let removed = try write { db -> [ModelReference] in
            let catalog = Catalog(db: db)
            let ledger = Ledger(db: db, by: by)
            var removed: [ModelReference] = []
            for model in try Int64.fetchAll(db, sql: "SELECT id FROM model ORDER BY name") {
                let needed = Set(try catalog.needed(byAliasesOf: model).keys).union(
                    try catalog.recentTargets(ofAliasesOf: model))
                let sql = """
                    SELECT DISTINCT variant.id AS id, variant.name AS name, version_id FROM alias_move
                    JOIN variant ON variant.id = alias_move.variant_id
                    LEFT JOIN removal ON removal.variant_id = variant.id
                    WHERE model_id = ? AND removal.variant_id IS NULL ORDER BY variant.id
                    """
                for row in try Row.fetchAll(db, sql: sql, arguments: [model]) {
                    let id: Int64 = try row.get("id")
                    guard try !needed.contains(id) && !isHeld(id) else { continue }
                    try ledger.removal(of: id)
                    let key = try catalog.key(version: row.get("version_id"))
                    removed.append(
                        ModelReference(name: key.model, selector: .version(key.number), variant: try row.get("name")))
                }
            }
            return removed
        }
        lock.release()
        return removed
    }
}

extension Catalog {
    /// The variants that a model's aliases point to, or would after as many rollbacks as its depth says, and those of a
    /// rollout under way, and why.
    func needed(byAliasesOf model: Int64) throws -> [Int64: String] {
        let depth = try rollbackDepth(of: model)
        let sql = """
            WITH RECURSIVE latest AS (
                SELECT * FROM alias_move WHERE id IN (SELECT max(id) FROM alias_move WHERE model_id = ? GROUP BY alias)),
            reach (alias, variant_id, below, steps) AS (
                SELECT alias, variant_id, below, 0 FROM latest
                UNION ALL
                SELECT reach.alias, lower.variant_id, lower.below, steps + 1
                FROM reach JOIN alias_move AS lower ON lower.id = reach.below WHERE steps < ?)
            SELECT variant_id, alias, steps FROM reach WHERE variant_id IS NOT NULL ORDER BY steps DESC, alias
            """
        var reasons: [Int64: String] = [:]
        for row in try Row.fetchAll(db, sql: sql, arguments: [model, depth]) {
            let (alias, steps): (String, Int) = try (row.get("alias"), row.get("steps"))
            reasons[try row.get("variant_id")] =
                steps == 0
                ? "the alias \(alias) points to it"
                : "\(steps) rollback\(steps == 1 ? "" : "s") of \(alias) would bring it back, and files are kept for \(depth)"
        }
        let running = "SELECT * FROM rollout_running WHERE model_id = ?"
        for row in try Row.fetchAll(db, sql: running, arguments: [model]) {
            let id: Int64 = try row.get("id")
            for column in ["candidate_id", "stable_id"] {
                reasons[try row.get(column)] = "rollout \(id) is under way with it"
            }
        }
        return reasons
    }

    /// The variants that a model's aliases point to, or did before as many moves as its depth says.
    fileprivate func recentTargets(ofAliasesOf model: Int64) throws -> Set<Int64> {
        let sql = """
            SELECT variant_id FROM (
                SELECT variant_id, row_number() OVER (PARTITION BY alias ORDER BY id DESC) AS place FROM alias_move
                WHERE model_id = ? AND alias <> ?)
            WHERE place <= ? + 1 AND variant_id IS NOT NULL
            """
        return try Int64.fetchSet(
            db, sql: sql, arguments: [model, RegistryName.previous, try rollbackDepth(of: model)])
    }
}
