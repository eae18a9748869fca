import Testing

@testable import TerseServer

@Suite struct MLflowFilterTests {
    @Test(arguments: [
        ("", "x", true), ("name = 'a b'", "a b", true), ("name='a'", "b", false), ("`name` = \"a\"", "a", true),
        ("name LIKE 'n%l_'", "novels", true), ("name LIKE 'N%'", "novels", false), ("name ILIKE 'N%'", "novels", true),
        ("name LIKE '%%%%%%%%%%%%%%z'", String(repeating: "a", count: 200), false), ("name LIKE ''", "", true),
        ("name != 'a'", "b", true), ("name='a' AND name != 'b'", "a", true), ("name='a' and name='b'", "a", false),
        ("name = 'x AND y'", "x AND y", true), ("tag.`a.b` != 'true'", "x", true), ("tags.k = 'v'", "x", true),
        ("tags.k != 'v'", "x", false), ("tags.none = 'v'", "x", false), ("tags.none LIKE '%'", "x", false),
    ])
    func picks(filter: String, name: String, isWanted: Bool) throws {
        #expect(try MLflowFilter(filter).matches(name, tags: ["k": "v"]) == isWanted)
    }

    @Test(arguments: [
        "run_id = 'x'", "name", "name =", "name = x", "name = 'x' OR name = 'y'", "name = 'x' AND", "name > 'x'",
        "name = 'x' name = 'y'", "tags. = 'x'", String(repeating: " ", count: 1025),
        Array(repeating: "name = 'x'", count: 17).joined(separator: " AND "),
    ])
    func refusesWhatItDoesNotKnow(filter: String) {
        #expect(throws: MLflowError.self) { try MLflowFilter(filter) }
    }
}
