import Foundation
import GRDB

extension Registry {
    /// All models, ordered by name; those of which everything was removed only when asked for.
    public func models(removedToo: Bool = false) throws(RegistryError) -> [ModelSummary] {
        try read { db in
            let names = try String.fetchAll(db, sql: "SELECT name FROM model ORDER BY name")
            return try names.map { try Self.summary(db, $0) }.filter { removedToo || $0.variantCount > 0 }
        }
    }

    /// One model.
    /// - Throws: `RegistryError` (`notFound`).
    public func model(_ name: String) throws(RegistryError) -> ModelSummary {
        try read { try Self.summary($0, name) }
    }

    /// All versions of a model, the first one first.
    /// - Throws: `RegistryError` (`notFound`).
    public func versions(of name: String) throws(RegistryError) -> [ModelVersion] {
        try read { try Catalog(db: $0).versions(of: name) }
    }

    /// The version that a reference names.
    /// - Throws: `RegistryError` (`notFound`).
    public func version(_ reference: ModelReference) throws(RegistryError) -> ModelVersion {
        try read { db in
            let catalog = Catalog(db: db)
            return try catalog.version(try catalog.version(reference))
        }
    }

    /// The variant that a reference names, and whose it is; its files are not looked at.
    /// - Throws: `RegistryError` (`notFound`), also when it was removed.
    public func variant(_ reference: ModelReference) throws(RegistryError) -> (version: Int, variant: Variant) {
        try read { db in
            let (version, variant) = try Catalog(db: db).variant(reference)
            return (version.number, variant)
        }
    }

    /// The variant that a reference means now, by its own name.
    /// - Throws: `RegistryError` (`notFound`).
    public func pinned(_ reference: ModelReference) throws(RegistryError) -> ModelReference {
        let (version, variant) = try variant(reference)
        return ModelReference(name: reference.name, selector: .version(version), variant: variant.name)
    }

    private static func summary(_ db: Database, _ name: String) throws -> ModelSummary {
        let catalog = Catalog(db: db)
        let id = try catalog.modelID(name)
        let kept = """
            FROM variant JOIN version ON version.id = version_id LEFT JOIN removal ON removal.variant_id = variant.id
            WHERE model_id = ? AND removal.variant_id IS NULL
            """
        let counts = try Row.fetchOne(
            db, sql: "SELECT count(*) AS variants, max(number) AS newest \(kept)", arguments: [id])
        let bytes = """
            SELECT coalesce(sum(bytes), 0) FROM (
                SELECT DISTINCT sha256, bytes FROM variant_file WHERE variant_id IN (SELECT variant.id \(kept)))
            """
        guard let model = try Row.fetchOne(db, sql: "SELECT * FROM model WHERE id = ?", arguments: [id]), let counts
        else {
            throw RegistryError(.corrupt, "model with row \(id) is missing")
        }
        let versions = "SELECT count(*) FROM version WHERE model_id = ?"
        return try ModelSummary(
            name: name, made: Record(model),
            versionCount: Int.fetchOne(db, sql: versions, arguments: [id]) ?? 0, newestVersion: counts.get("newest"),
            variantCount: counts.get("variants"), byteCount: Int64.fetchOne(db, sql: bytes, arguments: [id]) ?? 0,
            aliases: AliasTarget.fetchAll(db, model: id), rollbackDepth: catalog.rollbackDepth(of: id))
    }
}

extension Catalog {
    func versions(of name: String) throws -> [ModelVersion] {
        let sql = "SELECT id, number FROM version WHERE model_id = ? ORDER BY number"
        return try Row.fetchAll(db, sql: sql, arguments: [try modelID(name)]).map {
            try version(VersionKey(id: $0.get("id"), model: name, number: $0.get("number")))
        }
    }

    func rollbackDepth(of model: Int64) throws -> Int {
        let sql = "SELECT depth FROM retention WHERE model_id = ? ORDER BY id DESC LIMIT 1"
        return try Int.fetchOne(db, sql: sql, arguments: [model]) ?? RegistryLimits.rollbackDepthDefault
    }
}
