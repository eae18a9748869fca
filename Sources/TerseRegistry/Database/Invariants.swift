import GRDB

/// What must hold between rows, beyond what constraints and triggers see to whenever a row is added.
struct Invariants {
    let db: Database

    /// A rule and the rows that break it, a sentence each.
    private static let rules = [
        """
        SELECT model.name || ':' || number || ' has no variant' FROM version JOIN model ON model.id = model_id
        WHERE NOT EXISTS (SELECT * FROM variant WHERE version_id = version.id)
        """,
        """
        SELECT model.name || ' has no version' FROM model
        WHERE NOT EXISTS (SELECT * FROM version WHERE model_id = model.id)
        """,
        """
        SELECT model.name || ':' || number || '/' || variant.name || ' has no files'
        FROM variant JOIN version ON version.id = version_id JOIN model ON model.id = model_id
        WHERE NOT EXISTS (SELECT * FROM variant_file WHERE variant_id = variant.id)
        """,
        """
        SELECT 'profile ' || profile.id || ' has no figures' FROM profile
        WHERE NOT EXISTS (SELECT * FROM profile_figure WHERE profile_id = profile.id)
        """,
        """
        SELECT 'the alias ' || alias || ' of ' || model.name || ' points to a removed variant'
        FROM alias JOIN removal ON removal.variant_id = alias.variant_id JOIN model ON model.id = model_id
        """,
        """
        SELECT 'file ' || sha256 || ' has several sizes: ' || group_concat(DISTINCT bytes) FROM variant_file
        GROUP BY sha256 HAVING count(DISTINCT bytes) > 1
        """,
        """
        SELECT 'the moves of the alias ' || moved.alias || ' of ' || model.name || ' go back in time at row ' || moved.id
        FROM alias_move AS moved JOIN model ON model.id = moved.model_id WHERE moved.made_at < (
            SELECT max(made_at) FROM alias_move AS earlier
            WHERE earlier.model_id = moved.model_id AND earlier.alias = moved.alias AND earlier.id < moved.id)
        """,
        """
        SELECT '\(RegistryName.previous) of ' || model.name || ' is not what a rollback would bring back'
        FROM alias_move AS top JOIN model ON model.id = top.model_id
            LEFT JOIN alias_move AS lower ON lower.id = top.below
            LEFT JOIN alias ON alias.model_id = top.model_id AND alias.alias = '\(RegistryName.previous)'
        WHERE top.id = (SELECT max(id) FROM alias_move
                WHERE model_id = top.model_id AND alias = '\(RegistryName.production)')
            AND CASE WHEN lower.variant_id IN (SELECT variant_id FROM removal) THEN NULL ELSE lower.variant_id END
                IS NOT alias.variant_id
        """,
    ]

    /// What SQLite finds wrong with the file, its tables and their constraints, in sentences.
    func damage() throws -> [String] { try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" } }

    /// Every rule that is broken, in a sentence, where there is no damage.
    func problems() throws -> [String] {
        var problems: [String] = []
        for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
            let (id, table): (Int64?, String) = try (row.get("rowid"), row.get("table"))
            problems.append("row \(id ?? 0) of \(table) refers to what is not there")
        }
        for rule in Self.rules { problems += try String.fetchAll(db, sql: rule) }
        return problems + (try changedVariants())
    }

    /// Variants whose files are not those that they were registered with.
    private func changedVariants() throws -> [String] {
        let sql = """
            SELECT variant.id AS id, model.name AS model, number, variant.name AS name, digest FROM variant
            JOIN version ON version.id = version_id JOIN model ON model.id = model_id
            """
        return try Row.fetchAll(db, sql: sql).compactMap { row in
            let files = try Catalog(db: db).files(of: row.get("id"))
            let (digest, expected) = (FilePath.digest(files).description, try row.get("digest") as String)
            if digest == expected { return nil }
            let (model, number, name): (String, Int, String) = try (
                row.get("model"), row.get("number"), row.get("name")
            )
            return
                "\(model):\(number)/\(name): its list of files is not "
                + "what was registered: expected digest \(expected), found \(digest)"
        }
    }
}
