import Testing

@testable import TerseJSON

@Suite struct JSONObjectTests {
    @Test(arguments: [3, 8, 9, 16, 17, 1000]) func keepsOrder(_ count: Int) throws {
        var object = JSONObject()
        for index in 0..<count { object["key\((index * 7919) % count)x\(index)"] = .integer(Int64(index)) }
        #expect(object.values == (0..<count).map { .integer(Int64($0)) })
        for (index, key) in object.keys.enumerated() { #expect(object[key] == .integer(Int64(index))) }
        #expect(object["absent"] == nil)
        let parsed = try JSONValue.parse(JSONValue.object(object).serialized())
        #expect(parsed.objectValue?.keys == object.keys)
    }

    @Test func composedAndDecomposedKeysDiffer() throws {
        let object = try #require(try JSONValue.parse("{\"\\u00e9\":1,\"e\\u0301\":2}").objectValue)
        #expect(object.count == 2)
        #expect(object["\u{e9}"] == 1)
        #expect(object["e\u{301}"] == 2)
        #expect(JSONValue.string("\u{e9}") != .string("e\u{301}"))
    }

    @Test(arguments: [4, 40]) func replacesAndRemoves(_ count: Int) {
        var object = JSONObject((0..<count).map { ("k\($0)", .integer(Int64($0))) })
        object["k1"] = "new"
        #expect(object.keys[1] == "k1")
        object["k0"] = nil
        object["absent"] = nil
        #expect(object.count == count - 1)
        #expect(object["k0"] == nil)
        #expect(object["k1"] == "new")
        #expect(object["k\(count - 1)"] == .integer(Int64(count - 1)))
    }

    @Test func equalityIgnoresOrder() {
        #expect(["a": 1, "b": 2] as JSONObject == ["b": 2, "a": 1])
        #expect(["a": 1] as JSONObject != ["a": 2])
        #expect(["a": 1] as JSONObject != ["b": 1])
    }

    @Test func accessors() {
        let value: JSONValue = ["n": 1, "f": 2.5, "w": 3.0, "s": "t", "a": [1, 2], "z": nil, "b": true]
        #expect(value["n"]?.intValue == 1)
        #expect(value["n"]?.doubleValue == 1)
        #expect(value["f"]?.intValue == nil)
        #expect(value["w"]?.intValue == 3)
        #expect(value["s"]?.stringValue == "t")
        #expect(value["a"]?[1] == 2)
        #expect(value["a"]?[2] == nil)
        #expect(value["z"]?.isNull == true)
        #expect(value["b"]?.boolValue == true)
        #expect(value["a"]?["x"] == nil)
        #expect(value["a"]?.kindName == "array")
    }
}
