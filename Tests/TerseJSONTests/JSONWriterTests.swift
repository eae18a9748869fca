import Foundation
import Testing

@testable import TerseJSON

@Suite struct JSONWriterTests {
    /// Expected texts are what Python's json.dumps(value, ensure_ascii=False, …) prints.
    static let value: JSONValue = [
        "b": [1, 2.0, 1e16, -0.5, true, nil], "a": ["x": "é\"\\\n\u{1}\u{7F}/", "e": [], "o": [:]],
    ]

    @Test func compact() {
        #expect(
            Self.value.serialized()
                == #"{"b":[1,2.0,1e+16,-0.5,true,null],"a":{"x":"é\"\\\n\u0001"# + "\u{7F}" + #"/","e":[],"o":{}}}"#)
    }

    @Test func python() {
        #expect(
            Self.value.serialized(.python())
                == #"{"b": [1, 2.0, 1e+16, -0.5, true, null], "a": {"x": "é\"\\\n\u0001"# + "\u{7F}"
                + #"/", "e": [], "o": {}}}"#)
        #expect(
            (["a": [1, 2]] as JSONValue).serialized(.python(indent: 4))
                == "{\n    \"a\": [\n        1,\n        2\n    ]\n}")
        #expect((["a": [1, 2]] as JSONValue).serialized(.python(indent: 0)) == "{\n\"a\": [\n1,\n2\n]\n}")
    }

    @Test func sortedAndASCII() {
        let style = JSONStyle(escapesNonASCII: true, sortsKeys: true)
        #expect(
            (["é": 1, "b": "😀", "a": 2] as JSONValue).serialized(style) == #"{"a":2,"b":"\ud83d\ude00","\u00e9":1}"#)
    }

    @Test func numbersThatJSONCannotSay() {
        #expect(([.number(.infinity), .number(.nan)] as JSONValue).serialized() == "[null,null]")
    }

    @Test func doublesAsPythonPrintsThem() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/doubles.tsv")
        let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n").dropFirst()
        #expect(lines.count > 800)
        for line in lines {
            let fields = line.split(separator: "\t")
            let value = Double(bitPattern: try #require(UInt64(fields[0], radix: 16)))
            #expect(value.shortestDecimal == fields[1])
        }
    }
}
