import TerseGrammar
import TerseJSON
import Testing

@testable import TerseServer

/// What answers must obey, as grammars.
@Suite struct ConstrainingTests {
    /// A token for each byte, and one that ends the text.
    private static let trie = TokenTrie(tokens: (0...255).map { [UInt8($0)] } + [[]], endOfText: [256])

    private func fits(_ rule: OutputRule, _ text: String) throws -> Bool {
        let grammar = try CompiledGrammar(try rule.grammar())
        var matcher = try TerseGrammar.TokenConstraint(grammar, Self.trie).makeMatcher()
        return try matcher.accept(bytes: text.utf8) && matcher.mayEnd
    }

    private static let tools = [
        (
            "weather",
            [
                "type": "object", "properties": ["city": ["$ref": "#/$defs/city"]], "required": ["city"],
                "additionalProperties": false, "$defs": ["city": ["enum": ["Paris", "Rome"]]],
            ] as JSONValue
        ),
        ("time", ["type": "object", "properties": [:], "additionalProperties": false]),
    ]

    private func definitions() throws -> [ToolDefinition] {
        try Self.tools.map { name, parameters in
            try ToolDefinition(
                ["type": "function", "function": ["name": .string(name), "parameters": parameters]], path: "tools[0]")
        }
    }

    @Test(arguments: [ToolCallFormat.tagged, .bareObject, .list])
    func callsObeyTheirSchemas(_ format: ToolCallFormat) throws {
        let rule = OutputRule(callOf: try definitions(), format: format)
        let (key, end) = (format.argumentsKey, format.closing)
        #expect(try fits(rule, "{\"name\": \"weather\", \"\(key)\": {\"city\": \"Rome\"}}\(end)"))
        #expect(try fits(rule, "{\"name\": \"time\", \"\(key)\": {}}\(end)"))
        for wrong in [
            "{\"name\": \"weather\", \"\(key)\": {\"city\": \"Oslo\"}}\(end)",
            "{\"name\": \"time\", \"\(key)\": {\"city\": \"Rome\"}}\(end)",
            "{\"name\": \"other\", \"\(key)\": {}}\(end)", "text",
        ] {
            #expect(try !fits(rule, wrong), "\(wrong)")
        }
    }

    @Test func formatsBecomeRules() throws {
        #expect(OutputRule(.text) == nil)
        let object = try #require(OutputRule(.jsonObject))
        #expect(try fits(object, "{\"a\": [1, null]}"))
        #expect(try !fits(object, "[1]"))
        let grammar = try #require(OutputRule(.grammar("root ::= \"yes\" | \"no\"")))
        #expect(try fits(grammar, "no"))
        #expect(try !fits(grammar, "maybe"))
    }

    @Test func whatCannotBeEnforcedIsNamed() throws {
        let schema: JSONValue = ["type": "array", "uniqueItems": true, "items": ["type": "string"]]
        let rule = try #require(OutputRule(.jsonSchema(name: "x", schema: schema)))
        let error = try #require(throws: GrammarError.self) { _ = try rule.grammar() }
        let refusal = rule.refusal(error)
        #expect(refusal.message.contains("uniqueItems"), "\(refusal.message)")
        #expect(refusal.parameter == "response_format.json_schema.schema")
    }
}
