/// What the fourth schema adds: rollouts, what happened in each, and how far it has come. An event that ends a rollout is its
/// last; the promotion is recorded with the move of the alias that it is.
extension Schema {
    /// Whether a row of `rollout_event` is the end.
    static let isEnd = "kind IN ('promoted', 'rolled back', 'aborted')"

    static var fourth: String {
        let rules = courseRules(of: "rollout", isEnd: isEnd, texts: []) + fourthRules
        return tables + (["rollout", "rollout_event"].map(keeping) + rules.map(\.trigger)).joined() + stateTriggers
    }

    private static func json(_ column: String, bytesMax: Int) -> String {
        """
        \(column) TEXT NOT NULL CHECK (json_type(\(column)) IS 'object'
            AND length(CAST(\(column) AS BLOB)) <= \(bytesMax))
        """
    }

    private static let tables = """
        CREATE TABLE rollout (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            model_id INTEGER NOT NULL REFERENCES model (id),
            candidate_id INTEGER NOT NULL REFERENCES variant (id),
            stable_id INTEGER NOT NULL REFERENCES variant (id) CHECK (stable_id <> candidate_id),
            \(json("plan", bytesMax: RegistryLimits.rolloutPlanBytesMax)),
            \(record)
        ) STRICT;
        CREATE INDEX rollout_model ON rollout (model_id, id);

        CREATE TABLE rollout_event (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            rollout_id INTEGER NOT NULL REFERENCES rollout (id),
            kind TEXT NOT NULL CHECK (kind IN
                ('begun', 'split', 'probed', 'paused', 'resumed', 'promoted', 'rolled back', 'aborted')),
            -- The candidate's share of conversations from then on.
            weight REAL NOT NULL CHECK (weight BETWEEN 0 AND 1),
            move_id INTEGER REFERENCES alias_move (id) CHECK ((move_id IS NOT NULL) = (kind = 'promoted')),
            \(record)
        ) STRICT;
        CREATE INDEX rollout_event_order ON rollout_event (rollout_id, id);

        CREATE TABLE rollout_state (
            rollout_id INTEGER PRIMARY KEY REFERENCES rollout (id),
            -- The newest event that it knows.
            event_id INTEGER NOT NULL REFERENCES rollout_event (id),
            saved_at TEXT NOT NULL CHECK (saved_at IS strftime('%Y-%m-%d %H:%M:%f', saved_at)),
            \(json("state", bytesMax: RegistryLimits.rolloutStateBytesMax))
        ) STRICT;

        CREATE VIEW rollout_running AS SELECT * FROM rollout WHERE NOT EXISTS (
            SELECT * FROM rollout_event WHERE rollout_id = rollout.id AND \(isEnd));

        """

    private static let fourthRules = [
        Rule(
            table: "rollout", name: "stable",
            condition: """
                NEW.stable_id IS NOT (SELECT variant_id FROM alias
                    WHERE model_id = NEW.model_id AND alias = '\(RegistryName.production)')
                """,
            message: "the stable variant is not what \(RegistryName.production) points to"),
        Rule(
            table: "rollout", name: "without_nul",
            condition: "instr(NEW.made_by || coalesce(NEW.reason, '') || NEW.plan, char(0)) > 0",
            message: "a text of rollout has a NUL in it"),
        Rule(
            table: "rollout_event", name: "move",
            condition: """
                NEW.kind = 'promoted' AND NOT EXISTS (
                    SELECT * FROM alias_move JOIN rollout ON rollout.id = NEW.rollout_id
                    WHERE alias_move.id = NEW.move_id AND alias_move.model_id = rollout.model_id
                        AND alias = '\(RegistryName.production)' AND variant_id = candidate_id)
                """,
            message: "a promotion is a move of \(RegistryName.production) to the candidate"),
        Rule(
            table: "removal", name: "of_rollout",
            condition: """
                EXISTS (SELECT * FROM rollout_running WHERE NEW.variant_id IN (candidate_id, stable_id))
                """,
            message: "a rollout is under way with the variant"),
    ]

    /// A state is saved over the one before it, and never goes back behind an event that that one knew.
    private static let stateTriggers = """
        CREATE TRIGGER rollout_state_no_delete BEFORE DELETE ON rollout_state
        BEGIN SELECT RAISE(ABORT, 'records of rollout_state are not removed'); END;

        """
        + ["INSERT", "UPDATE"].map { action in
            """
            CREATE TRIGGER rollout_state_\(action.lowercased()) BEFORE \(action) ON rollout_state
            WHEN NOT EXISTS (SELECT * FROM rollout_event WHERE id = NEW.event_id AND rollout_id = NEW.rollout_id)
                \(action == "UPDATE" ? "OR NEW.event_id < OLD.event_id OR NEW.rollout_id <> OLD.rollout_id" : "")
            BEGIN SELECT RAISE(ABORT, 'the state is not that of an event of the rollout'); END;

            """
        }.joined()
}
