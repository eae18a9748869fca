import Foundation
import GRDB

/// Reads rows within a transaction.
struct Catalog {
    let db: Database

    /// A row of `version` and its model's name.
    struct VersionKey {
        let id: Int64
        let model: String
        let number: Int
    }

    // MARK: Models and versions

    /// - Throws: `RegistryError` (`notFound`), with what there is.
    func modelID(_ name: String) throws -> Int64 {
        if let id = try Int64.fetchOne(db, sql: "SELECT id FROM model WHERE name = ?", arguments: [name]) { return id }
        let known = try String.fetchAll(db, sql: "SELECT name FROM model ORDER BY name LIMIT 10")
        let list = known.isEmpty ? "none is registered" : "there are " + known.joined(separator: ", ")
        throw RegistryError(.notFound, "no model is called \(name.debugDescription); \(list)")
    }

    /// The version that a reference names.
    /// - Throws: `RegistryError` (`notFound`).
    func version(_ reference: ModelReference) throws -> VersionKey {
        let model = try modelID(reference.name)
        let id: Int64?
        switch reference.selector {
        case .version(let number):
            let sql = "SELECT id FROM version WHERE model_id = ? AND number = ?"
            id = try Int64.fetchOne(db, sql: sql, arguments: [model, number])
        case .alias(let alias):
            id = try versionID(alias: alias, of: model)
        case .standard:
            id = try versionID(alias: RegistryName.production, of: model) ?? newestVersionID(of: model)
        }
        guard let id else { throw try absence(of: reference, model) }
        return try key(version: id)
    }

    func key(version id: Int64) throws -> VersionKey {
        let sql = "SELECT name, number FROM version JOIN model ON model.id = model_id WHERE version.id = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else {
            throw RegistryError(.corrupt, "version with row \(id) is missing")
        }
        return try VersionKey(id: id, model: row.get("name"), number: row.get("number"))
    }

    /// A variant by its row, as users type it, kept or not.
    func reference(variant id: Int64) throws -> ModelReference {
        let sql = "SELECT version_id, name FROM variant WHERE id = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else {
            throw RegistryError(.corrupt, "variant with row \(id) is missing")
        }
        let version = try key(version: row.get("version_id"))
        return try ModelReference(name: version.model, selector: .version(version.number), variant: row.get("name"))
    }

    private func versionID(alias: String, of model: Int64) throws -> Int64? {
        let sql = """
            SELECT version_id FROM alias JOIN variant ON variant.id = variant_id
            WHERE alias.model_id = ? AND alias.alias = ?
            """
        return try Int64.fetchOne(db, sql: sql, arguments: [model, alias])
    }

    /// The newest that has a variant that is kept.
    private func newestVersionID(of model: Int64) throws -> Int64? {
        let sql = """
            SELECT version.id FROM version WHERE model_id = ? AND EXISTS (
                SELECT * FROM variant LEFT JOIN removal ON variant_id = variant.id
                WHERE version_id = version.id AND removal.variant_id IS NULL)
            ORDER BY number DESC LIMIT 1
            """
        return try Int64.fetchOne(db, sql: sql, arguments: [model])
    }

    private func absence(of reference: ModelReference, _ model: Int64) throws -> RegistryError {
        switch reference.selector {
        case .version(let number):
            let sql = "SELECT coalesce(max(number), 0) FROM version WHERE model_id = ?"
            let newest = try Int.fetchOne(db, sql: sql, arguments: [model]) ?? 0
            return RegistryError(.notFound, "\(reference.name) has no version \(number); the newest is \(newest)")
        case .alias(let alias):
            let sql = "SELECT alias FROM alias WHERE model_id = ? ORDER BY alias"
            let known = try String.fetchAll(db, sql: sql, arguments: [model]).joined(separator: ", ")
            return RegistryError(
                .notFound,
                "\(reference.name): the alias \(alias) points to nothing; "
                    + (known.isEmpty ? "it has no aliases" : "its aliases are \(known)"))
        case .standard:
            return RegistryError(.notFound, "\(reference.name): all of its variants were removed")
        }
    }

    func version(_ key: VersionKey) throws -> ModelVersion {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM version WHERE id = ?", arguments: [key.id]) else {
            throw RegistryError(.corrupt, "version with row \(key.id) is missing")
        }
        var lineage = Lineage()
        if let parent = try row.get("parent_id") as Int64? {
            let parent = try self.key(version: parent)
            lineage.parent = ModelReference(name: parent.model, selector: .version(parent.number))
        }
        lineage.parentElsewhere = try (row.get("parent_elsewhere") as String?).map { try ModelReference($0) }
        lineage.summary = try row.get("summary")
        lineage.recipe = try row.get("recipe")
        let datasets = "SELECT * FROM dataset WHERE version_id = ? ORDER BY name"
        lineage.datasets = try Row.fetchAll(db, sql: datasets, arguments: [key.id]).map {
            try Lineage.Dataset(name: $0.get("name"), sha256: $0.get("sha256"), byteCount: $0.get("bytes"))
        }
        let metrics = "SELECT * FROM metric WHERE version_id = ? ORDER BY name"
        lineage.metrics = try Row.fetchAll(db, sql: metrics, arguments: [key.id]).map {
            try Lineage.Metric(name: $0.get("name"), value: $0.get("value"))
        }
        return try ModelVersion(
            model: key.model, number: key.number, lineage: lineage, made: Record(row),
            variants: variants(of: key.id))
    }

    // MARK: Variants

    func variants(of version: Int64) throws -> [Variant] {
        try variants(sql: "version_id = ? ORDER BY variant.id", [version])
    }

    /// The variant that a reference names: where it says none, the alias's, else the version's first that is kept.
    /// - Throws: `RegistryError` (`notFound`) also when it was removed.
    func variant(_ reference: ModelReference) throws -> (version: VersionKey, variant: Variant) {
        let version = try version(reference)
        let variants = try variants(of: version.id)
        let place = "\(version.model):\(version.number)"
        let found: Variant?
        if let name = reference.variant {
            found = variants.first { $0.name == name }
            guard found != nil else {
                let known = variants.filter { $0.removed == nil }.map(\.name).joined(separator: ", ")
                throw RegistryError(
                    .notFound, "\(place) has no variant \(name); it has \(known.isEmpty ? "none" : known)")
            }
        } else if let target = try aliasTarget(reference) {
            found = variants.first { $0.id == target }
        } else {
            found = variants.first { $0.removed == nil }
        }
        guard let found, found.removed == nil else {
            let removed = (found ?? variants.last)?.removed
            throw RegistryError(
                .notFound,
                "\(found.map { "\(place)/\($0.name)" } ?? place) was removed"
                    + (removed.map { " at \(Timestamp.text($0.date)) by \($0.author)" } ?? ""))
        }
        return (version, found)
    }

    /// The variant that the reference's alias, or the standard one, points to.
    private func aliasTarget(_ reference: ModelReference) throws -> Int64? {
        let alias: String
        switch reference.selector {
        case .version: return nil
        case .alias(let name): alias = name
        case .standard: alias = RegistryName.production
        }
        let sql = "SELECT variant_id FROM alias JOIN model ON model.id = model_id WHERE name = ? AND alias = ?"
        return try Int64.fetchOne(db, sql: sql, arguments: [reference.name, alias])
    }

    private func variants(sql condition: String, _ arguments: StatementArguments) throws -> [Variant] {
        let sql = """
            SELECT variant.*, removal.made_at AS removed_at, removal.made_by AS removed_by, removal.reason AS removed_why
            FROM variant LEFT JOIN removal ON removal.variant_id = variant.id WHERE \(condition)
            """
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            guard let format = Variant.Format(rawValue: try row.get("format")) else {
                throw RegistryError(.corrupt, "variant with row \(try row.get("id") as Int64): unknown format")
            }
            let removed = try (row.get("removed_at") as Date?).map {
                try Record(date: $0, author: row.get("removed_by"), reason: row.get("removed_why"))
            }
            return try Variant(
                id: row.get("id"), name: row.get("name"), format: format, entry: row.get("entry"),
                files: files(of: row.get("id")), made: Record(row), removed: removed)
        }
    }

    func files(of variant: Int64) throws -> [Variant.File] {
        let sql = "SELECT * FROM variant_file WHERE variant_id = ? ORDER BY path"
        return try Row.fetchAll(db, sql: sql, arguments: [variant]).map { row in
            try Variant.File(
                path: row.get("path"), hash: BlobHash(row.get("sha256"), of: "file \(row.get("path") as String)"),
                byteCount: row.get("bytes"))
        }
    }
}

extension Record {
    /// The columns that every table has.
    init(_ row: Row) throws {
        self.init(date: try row.get("made_at"), author: try row.get("made_by"), reason: try row.get("reason"))
    }
}
