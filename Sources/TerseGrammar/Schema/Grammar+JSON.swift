import TerseJSON

extension Grammar {
    /// The grammar of JSON texts that are valid under a JSON Schema (draft 2020-12).
    ///
    /// Every text that fits validates; some valid texts do not fit, as a text is written in one way: members in the order in
    /// which the schema lists them, at most one space after a comma or colon, numbers and formats as `NumberShape` and `StringFormat` say.
    /// All of OpenAI's strict structured outputs is supported, and beyond it optional properties, schemas and patterns for
    /// other properties, `prefixItems`, `allOf`, `oneOf` whose branches exclude each other, lengths, `not` for types.
    ///
    /// - Throws: `GrammarError` with `keyword` and `pointer` where a keyword cannot be enforced: none is passed over but the
    ///   annotations (title, description, default, examples, $schema, $id, $comment, deprecated, readOnly, writeOnly).
    public static func jsonSchema(
        _ schema: JSONValue, options: JSONGrammarOptions = JSONGrammarOptions(), limits: GrammarLimits = GrammarLimits()
    ) throws(GrammarError) -> Grammar {
        var compiler = try SchemaCompiler(schema, options: options, limits: limits)
        return try compiler.compile()
    }

    /// The grammar of any JSON object, with at most `options.freeDepthMax` arrays and objects inside one another.
    public static func jsonObject(
        options: JSONGrammarOptions = JSONGrammarOptions(), limits: GrammarLimits = GrammarLimits()
    ) throws(GrammarError) -> Grammar {
        var compiler = try SchemaCompiler(true, options: options, limits: limits)
        let root = try compiler.freeObject(depth: max(options.freeDepthMax, 1))
        return Grammar(rules: compiler.rules, root: root)
    }
}
