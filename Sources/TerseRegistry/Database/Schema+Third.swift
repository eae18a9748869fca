/// What the third schema adds: how the figures of profiles were found. Columns are there for older rows too, so that new
/// rows have them is a rule.
extension Schema {
    static var third: String {
        """
        ALTER TABLE profile ADD COLUMN parent_id INTEGER REFERENCES variant (id) CHECK (parent_id <> variant_id);
        ALTER TABLE profile ADD COLUMN program TEXT
            CHECK (length(program) BETWEEN 1 AND \(RegistryLimits.authorCharactersMax));
        ALTER TABLE profile ADD COLUMN conditions TEXT CHECK (json_type(conditions) = 'object'
            AND length(CAST(conditions AS BLOB)) <= \(RegistryLimits.hostDetailsBytesMax));
        CREATE INDEX profile_parent ON profile (parent_id);

        ALTER TABLE profile_figure ADD COLUMN unit TEXT
            CHECK (length(unit) BETWEEN 1 AND \(RegistryLimits.nameCharactersMax));
        ALTER TABLE profile_figure ADD COLUMN samples INTEGER CHECK (samples >= 1);
        ALTER TABLE profile_figure ADD COLUMN method TEXT
            CHECK (length(method) BETWEEN 1 AND \(RegistryLimits.nameCharactersMax));

        """ + thirdRules.map(\.trigger).joined()
    }

    private static let thirdRules = [
        Rule(
            table: "profile", name: "complete",
            condition: "NEW.program IS NULL OR NEW.conditions IS NULL",
            message: "a profile says what measured it and how"),
        Rule(
            table: "profile", name: "circumstances_without_nul",
            condition: "instr(coalesce(NEW.program, '') || coalesce(NEW.conditions, ''), char(0)) > 0",
            message: "a text of profile has a NUL in it"),
        Rule(
            table: "profile_figure", name: "complete",
            condition: "NEW.unit IS NULL OR NEW.samples IS NULL OR NEW.method IS NULL",
            message: "a figure says its unit, its samples and how its interval was found"),
        Rule(
            table: "profile_figure", name: "method_without_nul",
            condition: "instr(coalesce(NEW.unit, '') || coalesce(NEW.method, ''), char(0)) > 0",
            message: "a text of profile_figure has a NUL in it"),
    ]
}
