import Foundation
import GRDB

/// Adds rows within a transaction.
struct Ledger {
    let db: Database
    let by: Attribution
    /// When.
    let date: Date
    private var madeAt: String { Timestamp.column(date) }

    init(db: Database, by: Attribution, date: Date = Registry.now) {
        self.db = db
        self.by = by
        self.date = date
    }

    /// When the next event of a rollout or a deployment is: now, but not before the last one, since a clock that was set back
    /// must not make the order of events and their times disagree.
    static func timeOfNextEvent(in course: String, _ id: Int64, _ db: Database) throws -> String {
        let latest = "SELECT made_at FROM \(course)_event WHERE \(course)_id = ? ORDER BY id DESC LIMIT 1"
        let last = try Date.fetchOne(db, sql: latest, arguments: [id]) ?? .distantPast
        return Timestamp.column(max(Registry.now, last))
    }

    /// The model of this name, made when it is not there.
    func model(_ name: String) throws -> Int64 {
        try db.execute(
            sql: "INSERT INTO model (name, made_at, made_by, reason) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
            arguments: [name, madeAt, by.author, by.reason])
        return try Catalog(db: db).modelID(name)
    }

    /// The number that the next version of a model gets.
    /// - Throws: `RegistryError` (`limitExceeded`) when there is none.
    func nextNumber(of model: Int64) throws -> Int {
        let sql = "SELECT max(number) FROM version WHERE model_id = ?"
        let newest = try Int.fetchOne(db, sql: sql, arguments: [model]) ?? 0
        guard newest < RegistryLimits.versionNumberMax else {
            throw RegistryError(
                .limitExceeded,
                "the newest version has the number \(newest), the limit is \(RegistryLimits.versionNumberMax); "
                    + "register it under another name")
        }
        return newest + 1
    }

    /// A version without variants, which must follow.
    func version(of model: Int64, _ number: Int, _ lineage: Lineage) throws -> Int64 {
        let parent = try lineage.parent.map { try Catalog(db: db).version($0).id }
        try db.execute(
            sql: """
                INSERT INTO version
                    (model_id, number, parent_id, parent_elsewhere, summary, recipe, made_at, made_by, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                model, number, parent, lineage.parentElsewhere?.description, lineage.summary, lineage.recipe, madeAt,
                by.author, by.reason,
            ])
        let version = db.lastInsertedRowID
        for dataset in lineage.datasets {
            try db.execute(
                sql: "INSERT INTO dataset (version_id, name, sha256, bytes) VALUES (?, ?, ?, ?)",
                arguments: [version, dataset.name, dataset.sha256, dataset.byteCount])
        }
        for metric in lineage.metrics {
            try db.execute(
                sql: "INSERT INTO metric (version_id, name, value) VALUES (?, ?, ?)",
                arguments: [version, metric.name, metric.value])
        }
        return version
    }

    /// A variant of files that the store has.
    func variant(of version: Int64, _ draft: VariantDraft) throws -> Int64 {
        try db.execute(
            sql: """
                INSERT INTO variant (version_id, name, format, entry, digest, made_at, made_by, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                version, draft.name, draft.format.rawValue, draft.entry, FilePath.digest(draft.contents).description,
                madeAt, by.author, by.reason,
            ])
        let variant = db.lastInsertedRowID
        for file in draft.contents {
            try db.execute(
                sql: "INSERT INTO variant_file (variant_id, path, sha256, bytes) VALUES (?, ?, ?, ?)",
                arguments: [variant, file.path, file.hash.description, file.byteCount])
        }
        return variant
    }

    func removal(of variant: Int64) throws {
        try db.execute(
            sql: "INSERT INTO removal (variant_id, made_at, made_by, reason) VALUES (?, ?, ?, ?)",
            arguments: [variant, madeAt, by.author, by.reason])
    }
}
