import Testing

@testable import TerseJSON

/// Cases in the manner of the JSON parsing test suite: what RFC 8259 demands to accept and to refuse.
@Suite struct JSONParserTests {
    static let accepted: [(String, JSONValue)] = [
        ("null", nil), (" true ", true), ("\t\r\n false", false), ("0", 0), ("-0", 0), ("-1", -1), ("1.5", 1.5),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", 9223372036854775808.0), ("-9223372036854775809", -9223372036854775809.0),
        ("184467440737095516150", 184467440737095516150.0),
        ("123456789012345678901234567890", 123456789012345678901234567890.0),
        ("1e3", 1000.0), ("1E+2", 100.0), ("1e-2", 0.01), ("0e1", 0.0), ("1.0", 1.0), ("1e-400", 0.0), ("-0.0", -0.0),
        ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)), ("5e-324", .number(.leastNonzeroMagnitude)),
        ("\"\"", ""), (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\ud83d\ude00""#, "😀"), (#""\u0000""#, "\0"), ("\"é€😀\u{10FFFF}\u{7F}\"", "é€😀\u{10FFFF}\u{7F}"),
        (#""\uFFFF""#, "\u{FFFF}"), ("[]", []), ("[ ]", []), ("[1,[2,[]],{}]", [1, [2, []], [:]]),
        ("{}", [:]), ("{ \"a\" : 1 , \"b\" : [ ] }", ["a": 1, "b": []]), (#"{"":0}"#, ["": 0]),
        (#"{"a":1,"a":2}"#, ["a": 2]), ("[null,true]\n", [nil, true]),
    ]

    @Test(arguments: accepted) func accepts(_ text: String, _ value: JSONValue) throws {
        let parsed = try JSONValue.parse(text)
        #expect(parsed == value)
        #expect(try JSONValue.parse(parsed.serialized()) == value)
        #expect(try JSONValue.parse(parsed.serialized(pretty: true)) == value)
        #expect(try JSONValue.parse(parsed.serialized(JSONStyle(escapesNonASCII: true))) == value)
    }

    static let refused = [
        "", " ", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1,,2]", "[1}", "{]", "{\"a\"", "{\"a\":",
        "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\"::1}",
        "{'a':1}", "nul", "nulL", "True", "truefalse", "tru", "NaN", "Infinity", "-Infinity", "-", "+1", "01", "-01",
        "00", "1.", ".5", "1.e1", "1e", "1e+", "1e1.5", "0x10", "1_000", "1 2", "--1", "1a", "\"", "\"a", "\"\\\"",
        "\"\\x41\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\U0041\"", "\"\\", "\"\t\"", "\"\n\"", "\"\u{0}\"", "\"\u{1F}\"",
        #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\ud800\ud800""#, #""\ud83dA""#, #""\ud83d\n""#,
        "[1]x", "[1] [2]", "// c\n1", "/* */ 1", "\u{FEFF}1", "\u{A0}1", "[\u{2028}]", "\u{0C}1", "*", "[\"a\" : 1]",
        "1e400", "-1e400", "1e99999999999999999999",
    ]

    @Test(arguments: refused) func refuses(_ text: String) {
        #expect(throws: JSONError.self) { try JSONValue.parse(text) }
    }

    static let brokenUTF8: [[UInt8]] = [
        [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
        [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28],
    ]

    @Test(arguments: brokenUTF8) func refusesBrokenUTF8(_ bytes: [UInt8]) {
        for prefix in [[UInt8]("ok".utf8), [UInt8](#"é\n"#.utf8)] {
            let text = [UInt8(ascii: "\"")] + prefix + bytes + [UInt8(ascii: "\"")]
            let error = #expect(throws: JSONError.self) { try JSONValue.parse(text) }
            #expect(error?.code == .invalidText)
            #expect(error?.line == 1)
        }
    }

    static let messages = [
        ("{\n  \"a\": 1,\n  \"é\": tru\n}", "line 3, column 8: expected \"true\""),
        ("[1, 2\n", "line 2, column 1: expected ',' or ']', found the end of the text"),
        ("[\"é€😀\" x]", "line 1, column 8: expected ',' or ']', found 'x'"),
        ("{\"a\" 1}", "line 1, column 6: expected ':' after the key, found '1'"),
        ("\"a\u{1}\"", "line 1, column 3: control characters in strings must be escaped, found byte 0x1"),
        ("\"\\ud800\"", "line 1, column 2: \\ud800 is half of a surrogate pair without the other half"),
        ("1e999", "line 1, column 1: the number 1e999 does not fit a Double"),
        ("[01]", "line 1, column 3: expected no digit after a leading zero, found '1'"),
        ("1 ,", "line 1, column 3: expected the end of the text after the value, found ','"),
    ]

    @Test(arguments: messages) func saysWhere(_ text: String, _ message: String) {
        #expect(#expect(throws: JSONError.self) { try JSONValue.parse(text) }?.message == message)
    }

    @Test func boundsDepth() throws {
        let limits = JSONLimits(maximumDepth: 3)
        #expect(try JSONValue.parse("[[[1]]]", limits: limits) == [[[1]]])
        let error = #expect(throws: JSONError.self) { try JSONValue.parse("[{\"a\":[[]]}]", limits: limits) }
        #expect(error?.code == .limitExceeded)
        #expect(error?.column == 8)
        for opening in ["[", "{\"a\":", "[{\"a\":"] {
            let text = String(repeating: opening, count: 1_000_000)
            #expect(#expect(throws: JSONError.self) { try JSONValue.parse(text) }?.code == .limitExceeded)
        }
    }

    @Test func boundsBytesAndDuplicates() {
        let tooLong = #expect(throws: JSONError.self) {
            try JSONValue.parse("[1,2]", limits: JSONLimits(maximumBytes: 4))
        }
        #expect(tooLong?.message.contains("5 bytes, more than the limit of 4") == true)
        let twice = #expect(throws: JSONError.self) {
            try JSONValue.parse("{\"a\":1,\n\"a\":2}", limits: JSONLimits(duplicateKeys: .error))
        }
        #expect(twice?.message == "line 2, column 1: the key \"a\" stands twice in one object")
    }

    @Test func takesAnyCollectionOfBytes() throws {
        #expect(try JSONValue.parse(Array("[1]".utf8).lazy.map { $0 }) == [1])
        #expect(try JSONValue.parse(Array("x[1]".utf8).dropFirst()) == [1])
    }
}
