/// What the second schema adds to the first. SQLite cannot add a constraint to a table, so its rules are triggers.
extension Schema {
    /// What new rows of a table must not be.
    struct Rule {
        let table: String
        let name: String
        /// When a new row breaks it.
        let condition: String
        let message: String

        var trigger: String {
            """
            CREATE TRIGGER \(table)_\(name) BEFORE INSERT ON \(table) WHEN \(condition)
            BEGIN SELECT RAISE(ABORT, '\(message)'); END;

            """
        }
    }

    static var second: String {
        """
        -- What the registry of a version's origin calls its parent, where that is not here.
        ALTER TABLE version ADD COLUMN parent_elsewhere TEXT CHECK (
            parent_elsewhere IS NULL
            OR parent_id IS NULL AND length(parent_elsewhere) BETWEEN 1 AND \(RegistryLimits.authorCharactersMax));

        """ + (textRules + otherRules).map(\.trigger).joined()
    }

    /// `length` ends at a NUL, and so does what most programs read.
    private static var textRules: [Rule] {
        let record = ["made_by", "reason"]
        let texts = [
            "model": record, "version": record + ["summary", "recipe"], "dataset": ["name"], "metric": ["name"],
            "variant": record, "removal": record, "alias_move": record, "retention": record,
            "profile": record + ["host", "host_details", "text_name"], "profile_figure": ["quantity"],
        ]
        return texts.sorted { $0.key < $1.key }.map { table, columns in
            let text = columns.map { "coalesce(NEW.\($0), '')" }.joined(separator: " || ")
            return Rule(
                table: table, name: "without_nul", condition: "instr(\(text), char(0)) > 0",
                message: "a text of \(table) has a NUL in it")
        }
    }

    private static let otherRules = [
        Rule(
            table: "version", name: "number_max", condition: "NEW.number > \(RegistryLimits.versionNumberMax)",
            message: "the number of a version is at most \(RegistryLimits.versionNumberMax)"),
        Rule(
            table: "version", name: "recipe_bytes_max",
            condition: "length(CAST(NEW.recipe AS BLOB)) > \(RegistryLimits.recipeBytesMax)",
            message: "a recipe has at most \(RegistryLimits.recipeBytesMax) bytes"),
        Rule(
            table: "variant_file", name: "path_plain",
            condition: """
                instr(NEW.path, char(0)) > 0
                OR NEW.path GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'
                OR length(NEW.path) - length(replace(NEW.path, '/', '')) >= \(RegistryLimits.pathDepthMax)
                """,
            message: "the path of a file has control characters or too many parts"),
        Rule(
            table: "profile", name: "text_max",
            condition: """
                length(NEW.text_name) > \(RegistryLimits.authorCharactersMax)
                OR length(CAST(NEW.host_details AS BLOB)) > \(RegistryLimits.hostDetailsBytesMax)
                """,
            message: "a text of profile is too long"),
    ]
}
