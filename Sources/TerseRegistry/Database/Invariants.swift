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

    /// The same of rollouts.
    private static let rolloutRules = [
        """
        SELECT 'rollout ' || id || ' does not begin with its beginning' FROM rollout WHERE 'begun' IS NOT (
            SELECT kind FROM rollout_event WHERE rollout_id = rollout.id ORDER BY id LIMIT 1)
        """,
        """
        SELECT 'rollout ' || rollout_id || ' goes on after its end, at event ' || max(id) FROM rollout_event AS event
        WHERE EXISTS (
            SELECT * FROM rollout_event WHERE rollout_id = event.rollout_id AND id < event.id AND \(Schema.isEnd))
        GROUP BY rollout_id
        """,
        """
        SELECT 'the events of rollout ' || rollout_id || ' go back in time at event ' || id FROM rollout_event AS event
        WHERE made_at < (SELECT max(made_at) FROM rollout_event WHERE rollout_id = event.rollout_id AND id < event.id)
        """,
        """
        SELECT model.name || ' has ' || count(*) || ' rollouts under way' FROM rollout_running
        JOIN model ON model.id = model_id GROUP BY model_id HAVING count(*) > 1
        """,
        """
        SELECT 'rollout ' || rollout.id || ' was promoted, but its move of production is none'
        FROM rollout_event JOIN rollout ON rollout.id = rollout_id WHERE kind = 'promoted' AND NOT EXISTS (
            SELECT * FROM alias_move WHERE id = move_id AND alias_move.model_id = rollout.model_id
                AND alias = '\(RegistryName.production)' AND variant_id = candidate_id)
        """,
        """
        SELECT 'rollout ' || rollout.id || ' has no state' FROM rollout
        WHERE NOT EXISTS (SELECT * FROM rollout_state WHERE rollout_id = rollout.id)
        """,
        """
        SELECT 'the state of rollout ' || rollout_state.rollout_id || ' is of an event of another'
        FROM rollout_state JOIN rollout_event ON rollout_event.id = event_id
        WHERE rollout_event.rollout_id <> rollout_state.rollout_id
        """,
        """
        SELECT 'rollout ' || rollout_running.id || ' is under way with a removed variant'
        FROM rollout_running JOIN removal ON variant_id IN (candidate_id, stable_id)
        """,
    ]

    /// The same of deployments.
    private static let deploymentRules = [
        """
        SELECT 'deployment ' || id || ' does not begin with its beginning' FROM deployment WHERE 'begun' IS NOT (
            SELECT kind FROM deployment_event WHERE deployment_id = deployment.id ORDER BY id LIMIT 1)
        """,
        """
        SELECT 'deployment ' || deployment_id || ' goes on after its end, at event ' || max(id)
        FROM deployment_event AS event WHERE EXISTS (
            SELECT * FROM deployment_event
            WHERE deployment_id = event.deployment_id AND id < event.id AND \(Schema.isDeploymentEnd))
        GROUP BY deployment_id
        """,
        """
        SELECT model.name || ' has ' || count(*) || ' deployments under way' FROM deployment_running
        JOIN model ON model.id = model_id GROUP BY model_id HAVING count(*) > 1
        """,
        """
        SELECT 'deployment ' || deployment_id || ' began a rollout of another variant'
        FROM deployment_event JOIN deployment ON deployment.id = deployment_id JOIN rollout ON rollout.id = rollout_id
        WHERE rollout.candidate_id <> deployment.candidate_id
        """,
        """
        SELECT 'deployment ' || deployment_running.id || ' is under way with a removed variant'
        FROM deployment_running JOIN removal ON variant_id = candidate_id
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
        let rules = Self.rules + Self.rolloutRules + Self.deploymentRules
        for rule in rules { problems += try String.fetchAll(db, sql: rule) }
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
