/// What the fifth schema adds: deployments and what happened in each. An event that ends a deployment is its last; one that
/// says that a rollout began names it, and is recorded with it.
extension Schema {
    /// Whether a row of `deployment_event` is the end.
    static let isDeploymentEnd = "kind IN ('refused', 'rolled out', 'live', 'failed', 'withdrawn')"

    static var fifth: String {
        let rules = courseRules(of: "deployment", isEnd: isDeploymentEnd, texts: ["details"]) + fifthRules
        return deploymentTables + (["deployment", "deployment_event"].map(keeping) + rules.map(\.trigger)).joined()
    }

    private static let deploymentTables = """
        CREATE TABLE deployment (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            model_id INTEGER NOT NULL REFERENCES model (id),
            candidate_id INTEGER NOT NULL REFERENCES variant (id),
            spec TEXT NOT NULL CHECK (length(CAST(spec AS BLOB)) <= \(RegistryLimits.specBytesMax)),
            source TEXT CHECK (length(CAST(source AS BLOB)) <= \(RegistryLimits.sourceBytesMax)),
            \(record)
        ) STRICT;
        CREATE INDEX deployment_model ON deployment (model_id, id);

        CREATE TABLE deployment_event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            deployment_id INTEGER NOT NULL REFERENCES deployment (id),
            kind TEXT NOT NULL CHECK (kind IN ('begun', 'accepted', 'refused', 'tuned', 'rolled out', 'live',
                'failed', 'withdrawn')),
            details TEXT NOT NULL CHECK (json_type(details) IS 'object'
                AND length(CAST(details AS BLOB)) <= \(RegistryLimits.detailsBytesMax)),
            rollout_id INTEGER REFERENCES rollout (id) CHECK ((rollout_id IS NOT NULL) = (kind = 'rolled out')),
            \(record)
        ) STRICT;
        CREATE INDEX deployment_event_order ON deployment_event (deployment_id, id);

        CREATE VIEW deployment_running AS SELECT * FROM deployment WHERE NOT EXISTS (
            SELECT * FROM deployment_event WHERE deployment_id = deployment.id AND \(isDeploymentEnd));

        """

    private static let fifthRules = [
        Rule(
            table: "deployment", name: "without_nul",
            condition: """
                instr(NEW.made_by || coalesce(NEW.reason, '') || NEW.spec || coalesce(NEW.source, ''), char(0)) > 0
                """,
            message: "a text of deployment has a NUL in it"),
        Rule(
            table: "deployment_event", name: "rollout",
            condition: """
                NEW.kind = 'rolled out' AND NOT EXISTS (
                    SELECT * FROM rollout JOIN deployment ON deployment.id = NEW.deployment_id
                    WHERE rollout.id = NEW.rollout_id AND rollout.candidate_id = deployment.candidate_id)
                """,
            message: "the rollout is of another variant"),
        Rule(
            table: "removal", name: "of_deployment",
            condition: "EXISTS (SELECT * FROM deployment_running WHERE NEW.variant_id = candidate_id)",
            message: "a deployment of the variant is under way"),
    ]
}
