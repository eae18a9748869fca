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
        var matcher = try VocabularyGrammar(grammar, Self.trie).makeMatcher()
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

    /// - Parameter strict: the names of those that are.
    private func definitions(strict: Set<String> = []) throws -> [ToolDefinition] {
        try Self.tools.map { name, parameters in
            try ToolDefinition(
                [
                    "type": "function",
                    "function": [
                        "name": .string(name), "parameters": parameters, "strict": .bool(strict.contains(name)),
                    ],
                ], path: "tools[0]")
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

    /// Under `auto` all text is allowed, but a call that is begun obeys its schema if its function is strict.
    @Test func callsInTextObeyStrictSchemas() throws {
        let rule = try #require(OutputRule(textWithCallsOf: try definitions(strict: ["weather"]), format: .tagged))
        func call(_ name: String, _ arguments: String) -> String {
            "<tool_call>\n{\"name\": \"\(name)\", \"arguments\": \(arguments)}\n</tool_call>"
        }
        let (good, bad) = (call("weather", "{\"city\": \"Rome\"}"), call("weather", "{\"city\": \"Oslo\"}"))
        for text in [
            "", "Just text, é, <tool_cal and {\"name\": 1}", good, "Let me see.\n\(good)",
            "\(good)\n\(good) and <\(good)!",
            call("time", "{\"any\": [1]}"), "</tool_call>",
        ] {
            #expect(try fits(rule, text), "\(text)")
        }
        for text in [
            bad, "So: \(bad)", "\(good)\(bad)", call("other", "{}"), "<tool_call>weather</tool_call>", "<tool_call>",
        ] {
            #expect(try !fits(rule, text), "\(text)")
        }
    }

    /// Where one call is wanted the text ends behind it.
    @Test func nothingFollowsTheOnlyCall() throws {
        let rule = try #require(
            OutputRule(textWithCallsOf: try definitions(strict: ["time"]), format: .tagged, allowsParallelCalls: false))
        let several = try #require(OutputRule(textWithCallsOf: try definitions(strict: ["time"]), format: .tagged))
        #expect(rule.digest != several.digest)
        let call = "<tool_call>\n{\"name\": \"time\", \"arguments\": {}}\n</tool_call>"
        for text in ["", "Text.", call, "So: \(call)"] { #expect(try fits(rule, text), "\(text)") }
        for text in ["\(call)\(call)", "\(call)\n\(call)", "\(call) so"] {
            #expect(try !fits(rule, text) && fits(several, text), "\(text)")
        }
    }

    @Test func onlyStrictFunctionsWithMarksHaveRulesInText() throws {
        #expect(OutputRule(textWithCallsOf: try definitions(), format: .tagged) == nil)
        for format in [ToolCallFormat.bareObject, .list] {
            #expect(OutputRule(textWithCallsOf: try definitions(strict: ["time"]), format: format) == nil)
        }
        let tool: JSONValue = [
            "type": "function",
            "function": [
                "name": "f", "strict": true, "parameters": ["type": "object", "properties": ["a": ["contains": true]]],
            ],
        ]
        let rule = try #require(
            OutputRule(textWithCallsOf: [try ToolDefinition(tool, path: "tools[0]")], format: .tagged))
        let error = try #require(throws: GrammarError.self) { _ = try rule.grammar() }
        #expect(rule.refusal(error).parameter == "tools" && rule.refusal(error).message.contains("contains"))
    }

    /// A token that ends the mark and goes on must go on as a call does.
    @Test func tokensAcrossTheMarkObeyToo() throws {
        let rule = try #require(OutputRule(textWithCallsOf: try definitions(strict: ["time"]), format: .tagged))
        let tokens = ["<tool", "_call>", "_call>\n{", "_call>x", "_call> ", "text", "<tool_call>{", "<tool_call>\n"]
        let trie = TokenTrie(tokens: tokens.map { Array($0.utf8) } + [[]], endOfText: [8])
        var matcher = try VocabularyGrammar(CompiledGrammar(try rule.grammar()), trie).makeMatcher()
        var mask = TokenSet(tokenCount: 9)
        try matcher.fill(&mask)
        #expect(mask.tokens == [0, 1, 2, 3, 4, 5, 7, 8])
        try matcher.accept(0)
        try matcher.fill(&mask)
        #expect(mask.tokens == [0, 1, 2, 5, 7, 8])
    }

    /// Functions know nothing of one another, whatever they call their parts; values that look like references are none.
    @Test func schemasOfFunctionsStandAlone() throws {
        func schema(_ city: JSONValue) -> JSONValue {
            [
                "type": "object", "required": ["city", "$ref"], "additionalProperties": false,
                "properties": [
                    "city": ["$ref": "#place"], "$ref": ["const": ["$ref": "#/x"]], "enum": ["$ref": "#/$defs/city"],
                ],
                "$defs": ["city": ["$anchor": "place", "const": city]],
            ]
        }
        let tools = try ["one", "two"].map { name in
            try ToolDefinition(
                ["type": "function", "function": ["name": .string(name), "parameters": schema(.string(name))]],
                path: "tools[0]")
        }
        let rule = OutputRule(callOf: tools, format: .bareObject)
        let (key, end) = (ToolCallFormat.bareObject.argumentsKey, ToolCallFormat.bareObject.closing)
        func call(_ name: String, _ city: String) -> String {
            "{\"name\": \"\(name)\", \"\(key)\": {\"city\": \"\(city)\", \"$ref\": {\"$ref\":\"#/x\"}}}\(end)"
        }
        #expect(try fits(rule, call("one", "one")) && fits(rule, call("two", "two")))
        #expect(try !fits(rule, call("one", "two")))
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
