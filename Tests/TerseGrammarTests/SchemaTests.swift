import TerseGrammar
import TerseJSON
import Testing

/// Schemas with a meaning that is easily lost.
@Suite struct SchemaTests {
    private func error(_ schema: JSONValue) -> GrammarError? {
        #expect(throws: GrammarError.self) { try Trial(schema: schema) }
    }

    /// Strings are equal to Swift where they are canonically equivalent; here their bytes count.
    @Test func composedAndDecomposedTextsAreDifferent() throws {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        let patterns = [composed, decomposed].map { JSONValue.object(["pattern": .string("^\($0)$")]) }
        #expect(error(["type": "string", "allOf": .array(patterns)])?.code == .matchesNothing)
        let object = try Trial(schema: [
            "type": "object", "properties": [composed: ["const": 1], decomposed: ["const": 2]],
            "required": [.string(composed), .string(decomposed)], "additionalProperties": false,
        ])
        #expect(try object.accepts("{\"\(composed)\": 1, \"\(decomposed)\": 2}"))
        #expect(try !object.accepts("{\"\(composed)\": 1}"))
    }

    /// Not the object that no text fits is named, but the member that is the reason.
    @Test func theMemberThatNothingFitsIsNamed() {
        let impossible: JSONValue = ["type": "integer", "minimum": 5, "maximum": 3]
        let schema: JSONValue = [
            "type": "object", "required": ["name", "born"], "additionalProperties": false,
            "properties": [
                "name": ["type": "string"],
                "born": ["type": "object", "properties": ["year": impossible], "required": ["year"]],
            ],
        ]
        let error = error(schema)
        #expect(error?.code == .matchesNothing)
        #expect(error?.message.contains("#/properties/born/properties/year") == true, "\(error?.message ?? "")")
    }

    /// The place `x #/$defs/y` is not the places `x` and `y`.
    @Test func placesAreNotTakenForOneAnother() throws {
        let trial = try Trial(schema: [
            "$defs": ["x #": ["$defs": ["y": ["type": "null"]]], "x": ["type": "string"], "y": ["maxLength": 3]],
            "type": "object", "required": ["p", "q"], "additionalProperties": false,
            "properties": [
                "p": ["allOf": [["$ref": "#/$defs/x"], ["$ref": "#/$defs/y"]]], "q": ["$ref": "#/$defs/x #/$defs/y"],
            ],
        ])
        #expect(try trial.accepts("{\"p\": \"abc\", \"q\": null}"))
        #expect(try !trial.accepts("{\"p\": \"abc\", \"q\": \"abc\"}"))
        #expect(try !trial.accepts("{\"p\": null, \"q\": null}"))
    }

    @Test func listedNumbersAreComparedExactly() throws {
        let great: JSONValue = 9_007_199_254_740_993
        #expect(error(["enum": [great], "maximum": 9_007_199_254_740_992])?.code == .matchesNothing)
        #expect(try Trial(schema: ["enum": [great, 1], "minimum": great]).accepts("9007199254740993"))
        let same = try Trial(schema: ["enum": [1, 2, 100], "allOf": [["enum": [.number(1), 1e2]]]])
        #expect(try same.accepts("1") && same.accepts("100") && !same.accepts("2"))
        #expect(try Trial(schema: ["enum": [6, 7, -9], "multipleOf": 3]).accepts("-9"))
        // 0.3 / 0.1 is not whole in floating point.
        #expect(error(["enum": [0.3], "multipleOf": 0.1])?.keyword == "multipleOf")
        #expect(
            error([
                "oneOf": [["type": "integer", "maximum": great], ["type": "integer", "minimum": great]]
            ])?.keyword == "oneOf")
    }

    @Test func boundsBeyondWhatIsWrittenAreNamed() throws {
        for (type, keyword, value) in [
            ("number", "minimum", 1e15), ("integer", "minimum", 1e19), ("number", "exclusiveMaximum", -1e16),
        ] as [(String, String, Double)] {
            let refusal = error(["type": .string(type), keyword: .number(value)])
            #expect(refusal?.code == .unsupportedKeyword && refusal?.keyword == keyword)
        }
        let one = try Trial(schema: ["type": "integer", "exclusiveMinimum": 0.5, "maximum": 1])
        #expect(try one.accepts("1") && !one.accepts("0"))
        let none = try Trial(schema: ["type": "integer", "minimum": -1, "exclusiveMaximum": -0.5])
        #expect(try none.accepts("-1") && !none.accepts("0"))
    }

    /// A property may be called as a keyword is, and listed values may look like schemas.
    @Test func onlySchemasAreSchemas() throws {
        let trial = try Trial(schema: [
            "type": "object", "required": ["enum"], "additionalProperties": false,
            "properties": ["enum": ["$ref": "#a"], "const": ["$anchor": "a", "type": "integer"]],
            "default": ["$anchor": "a"],
        ])
        #expect(try trial.accepts("{\"enum\": 5}") && !trial.accepts("{\"enum\": \"5\"}"))
    }
}
