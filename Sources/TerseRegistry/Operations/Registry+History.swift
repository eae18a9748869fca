import Foundation
import GRDB

extension Registry {
    /// Everything that was done to all models, or to one, the first thing first.
    /// - Throws: `RegistryError` (`notFound`).
    public func history(of model: String? = nil) throws(RegistryError) -> [HistoryEntry] {
        try read { db in
            if let model { _ = try Catalog(db: db).modelID(model) }
            let sql = """
                SELECT * FROM (\(Self.events))
                WHERE coalesce(model = ?, 1) ORDER BY made_at, rank, id
                """
            return try Row.fetchAll(db, sql: sql, arguments: [model]).map { row in
                guard let event = HistoryEntry.Event(rawValue: try row.get("event")) else {
                    throw RegistryError(.corrupt, "history: unknown event \(try row.get("event") as String)")
                }
                return try HistoryEntry(
                    model: row.get("model"), event: event, version: row.get("number"), variant: row.get("variant"),
                    alias: row.get("alias"), detail: row.get("detail"), made: Record(row))
            }
        }
    }

    /// The tables as one. `rank` orders what happened in one transaction.
    private static var events: String {
        let variant = """
            JOIN variant ON variant.id = done.variant_id JOIN version ON version.id = version_id
            JOIN model ON model.id = version.model_id
            """
        let candidate = """
            JOIN variant ON variant.id = candidate_id JOIN version ON version.id = version_id
            JOIN model ON model.id = version.model_id
            """
        let who = "done.made_at, done.made_by, done.reason"
        return """
            SELECT 0 AS rank, done.id AS id, done.name AS model, '\(HistoryEntry.Event.modelAdded.rawValue)' AS event,
                NULL AS number, NULL AS variant, NULL AS alias, NULL AS detail, \(who) FROM model AS done
            UNION ALL
            SELECT 1, done.id, model.name, '\(HistoryEntry.Event.versionAdded.rawValue)', number, NULL, NULL, summary, \(who)
                FROM version AS done JOIN model ON model.id = model_id
            UNION ALL
            SELECT 2, done.id, model.name, '\(HistoryEntry.Event.variantAdded.rawValue)', number, done.name, NULL, format,
                \(who) FROM variant AS done JOIN version ON version.id = version_id JOIN model ON model.id = model_id
            UNION ALL
            SELECT 3, done.id, model.name, '\(HistoryEntry.Event.profileRecorded.rawValue)', number, variant.name, NULL,
                done.host, \(who) FROM profile AS done \(variant)
            UNION ALL
            SELECT 4, done.id, model.name, '\(HistoryEntry.Event.retentionSet.rawValue)', NULL, NULL, NULL,
                CAST(depth AS TEXT), \(who) FROM retention AS done JOIN model ON model.id = model_id
            UNION ALL
            SELECT 5, done.id, model.name,
                CASE done.kind WHEN 'set' THEN '\(HistoryEntry.Event.aliasSet.rawValue)'
                    WHEN 'clear' THEN '\(HistoryEntry.Event.aliasCleared.rawValue)'
                    ELSE '\(HistoryEntry.Event.aliasRolledBack.rawValue)' END,
                number, variant.name, done.alias, NULL, \(who)
                FROM alias_move AS done JOIN model ON model.id = done.model_id
                LEFT JOIN variant ON variant.id = done.variant_id LEFT JOIN version ON version.id = version_id
            UNION ALL
            SELECT 6, done.variant_id, model.name, '\(HistoryEntry.Event.variantRemoved.rawValue)', number, variant.name,
                NULL, NULL, \(who) FROM removal AS done \(variant)
            UNION ALL
            SELECT 7, done.id, model.name, 'rollout ' || done.kind, number, variant.name, NULL,
                CAST(done.weight AS TEXT), \(who)
                FROM rollout_event AS done JOIN rollout ON rollout.id = rollout_id
                \(candidate)
            UNION ALL
            SELECT 8, done.id, model.name, 'deployment ' || done.kind, number, variant.name, NULL,
                CAST(deployment_id AS TEXT), \(who)
                FROM deployment_event AS done JOIN deployment ON deployment.id = deployment_id
                \(candidate)
            """
    }
}
