import TerseGrammar
import TerseJSON
import TestSupport
import Testing

/// Hostile schemas and grammars: refused by a limit, or done within few steps.
@Suite struct LimitTests {
    /// So few steps that what is not bounded by them would not end, and reaching them takes no time.
    static let small: GrammarLimits = {
        var limits = GrammarLimits()
        limits.workMax = 200_000
        return limits
    }()

    private func error(_ schema: JSONValue, _ limits: GrammarLimits = small) -> GrammarError? {
        #expect(throws: GrammarError.self) { try Trial(schema: schema, limits: limits) }
    }

    /// Schemas of which each refers to the next twice: 2^28 ways to the last one.
    @Test func sharedSchemasAreCheckedOnce() throws {
        var schemas: JSONObject = ["a28": ["type": "string"]]
        for index in 0..<28 {
            let next: JSONValue = ["$ref": .string("#/$defs/a\(index + 1)")]
            schemas["a\(index)"] = ["allOf": [next, next]]
        }
        let trial = try Trial(
            schema: ["$defs": .object(schemas), "enum": ["x", 1], "allOf": [["$ref": "#/$defs/a0"]]], limits: Self.small
        )
        #expect(try trial.accepts("\"x\"") && !trial.accepts("1"))
        // Values inside of values are looked at anew.
        for index in 0..<28 {
            let next: JSONValue = ["items": ["$ref": .string("#/$defs/a\(index + 1)")]]
            schemas["a\(index)"] = ["allOf": [next, next]]
        }
        let deep = (0..<20).reduce("x" as JSONValue) { value, _ in [value] }
        let refusal = error(["$defs": .object(schemas), "enum": [deep], "allOf": [["$ref": "#/$defs/a0"]]])
        #expect(refusal?.code == .limitExceeded)
    }

    @Test func choicesAreBounded() {
        let choices = [JSONValue](repeating: ["anyOf": [[:], [:]]], count: 40)
        #expect(error(["allOf": .array(choices + [false])])?.code == .matchesNothing)
        #expect(error(["allOf": .array(choices + [["anyOf": [false]]])])?.code == .limitExceeded)
        #expect(error(["allOf": .array(choices)])?.code == .limitExceeded)
    }

    @Test func longListsAreComparedOnce() throws {
        let names = (0..<2000).map { JSONValue.string("value \($0)") }
        let list: JSONValue = ["type": "string", "enum": .array(names)]
        #expect(try Trial(schema: list, limits: Self.small).accepts("\"value 1999\""))
        let constants = (0..<200).map { JSONValue.object(["const": .string("kind \($0)")]) }
        var limits = Self.small
        limits.workMax = 1_000_000
        #expect(try Trial(schema: ["oneOf": .array(constants)], limits: limits).accepts("\"kind 7\""))
    }

    static let counts = [
        ("maxProperties", "object"), ("minProperties", "object"), ("minItems", "array"), ("maxItems", "array"),
        ("minLength", "string"),
    ]

    @Test(arguments: counts) func countsAreBounded(keyword: String, type: String) {
        for value: JSONValue in [.integer(.max), .number(1e300), 2_147_483_647] {
            let refusal = error(["type": .string(type), keyword: value])
            #expect(
                refusal?.code == .unsupportedKeyword && refusal?.keyword == keyword, "\(String(describing: refusal))")
        }
    }

    @Test func textsAreBounded() {
        let letters = { String(repeating: "n", count: $0) }
        #expect(error(["const": .string(letters(2 << 20))])?.message.contains("bytes") == true)
        #expect(error(["const": .string(letters(150_000))])?.code == .limitExceeded)
        // Names of places are made for messages alone.
        let members = (0..<1000).map { ("n\($0)", ["type": "string", "pattern": "["] as JSONValue) }
        let inner: JSONValue = [
            "type": "object", "properties": .object(JSONObject(members)), "additionalProperties": false,
        ]
        let refusal = error(["type": "object", "properties": [letters(5_000): inner], "additionalProperties": false])
        #expect(refusal?.code == .invalidSchema && (refusal?.message.utf8.count ?? .max) < 500)
        let key = error([letters(100_000): true])
        #expect(key?.code == .unsupportedKeyword && (key?.message.utf8.count ?? .max) < 500)
    }

    @Test func patternsAreBounded() throws {
        let scalars = (0..<10_000).map { Unicode.Scalar(UInt32(0x4E00 + $0 * 7 % 20_000)) ?? "x" }
        let letters = String(String.UnicodeScalarView(scalars))
        let one: JSONValue = ["type": "string", "pattern": .string("^[\(letters)]$")]
        #expect(try Trial(schema: one, limits: Self.small).accepts("\"\u{4E07}\""))
        for pattern in ["^[\(letters)]{10000}$", "[" + String(repeating: "\\w", count: 10_000) + "]"] {
            #expect(error(["type": "string", "pattern": .string(pattern)])?.code == .limitExceeded)
        }
        let names = (0..<1000).map { ("name\($0)", true as JSONValue) }
        let patterns = (0..<500).map { ("^x\($0)[a-z]{1,50}$", true as JSONValue) }
        let refusal = error([
            "type": "object", "properties": .object(JSONObject(names)),
            "patternProperties": .object(JSONObject(patterns)),
        ])
        #expect(refusal?.keyword == "patternProperties")
    }

    @Test func stackedRepetitionsAreOne() throws {
        let trial = try Trial(gbnf: "root ::= \"a\"" + String(repeating: "*", count: 20_000) + " \"b\"+? \"c\"??")
        for text in ["", "aaa", "aabb", "c", "abc"] { #expect(try trial.accepts(text)) }
        for text in ["cc", "ba"] { #expect(try !trial.accepts(text)) }
        var nested = "\"x\""
        for _ in 0..<60 { nested = "(" + nested + "{1,2}{1,2})" }
        let error = #expect(throws: GrammarError.self) { try Trial(gbnf: "root ::= " + nested) }
        #expect(error?.code == .limitExceeded && error?.message.contains("inside one another") == true)
    }

    /// One rule that calls many, each of which shows it anew that it can end.
    @Test func manyCallsAreLookedAtOnce() throws {
        let names = (0..<1000).map { "r\($0)" }
        let rules = names.map { "\($0) ::= \"\($0)\"?" }.joined(separator: "\n")
        let trial = try Trial(gbnf: "root ::= " + names.joined(separator: " ") + "\n" + rules)
        #expect(try trial.accepts("r1r7"))
        let circle = names.indices.map { "\(names[$0]) ::= \(names[($0 + 1) % names.count])? \"x\"" }
        let error = #expect(throws: GrammarError.self) {
            try Trial(gbnf: "root ::= r0\n" + circle.joined(separator: "\n"))
        }
        #expect(error?.code == .leftRecursion && (error?.message.count ?? .max) < 300)
    }

    /// All branches begin alike, so all are followed side by side until their kind is known.
    @Test func wideUnionsAreFollowed() throws {
        let branches = (0..<300).map { number -> JSONValue in
            [
                "type": "object",
                "properties": ["kind": ["const": .string("k\(number)")], "n": ["const": JSONValue(number)]],
                "required": ["kind", "n"], "additionalProperties": false,
            ]
        }
        var limits = GrammarLimits()
        limits.maskWorkMax = 400_000
        let trial = try Trial(schema: ["anyOf": .array(branches)], limits: limits)
        var matcher = try trial.constraint.makeMatcher()
        var mask = TokenSet(tokenCount: Trial.bytes.tokenCount)
        for byte in "{\"kind\": \"k277\", \"n\": 277}".utf8 {
            try matcher.fill(&mask)
            #expect(mask[Int32(byte)])
            try matcher.accept(Int32(byte))
        }
        #expect(matcher.mayEnd)
        try matcher.fill(&mask)
        #expect(mask.tokens == Array(Trial.bytes.endOfText))
    }

    @Test func masksAreBounded() throws {
        var limits = GrammarLimits()
        limits.maskWorkMax = 3_000
        let rules = (0..<60).map { "r\($0) ::= .{20} \"\($0)\"" }.joined(separator: "\n")
        let start = "root ::= \"a\" (" + (0..<60).map { "r\($0)" }.joined(separator: " | ") + ")\n"
        var matcher = try Trial(gbnf: start + rules, limits: limits).constraint.makeMatcher()
        var mask = TokenSet(tokenCount: Trial.bytes.tokenCount)
        try matcher.fill(&mask)
        #expect(mask[Int32(UInt8(ascii: "a"))] && mask.count == 3)  // "a", "ab" and "abc".
        #expect(try matcher.accept(bytes: "a".utf8))
        for _ in 0..<2 {
            let error = #expect(throws: GrammarError.self) { try matcher.fill(&mask) }
            #expect(error?.code == .limitExceeded)
        }
        // The matcher is where it was.
        #expect(try matcher.accept(bytes: "01234567890123456789".utf8) && !matcher.mayEnd)
        #expect(try matcher.accept(bytes: "59".utf8) && matcher.mayEnd)
    }
}
