import TerseConfiguration
import TestSupport
import Testing

/// Every value is checked, every unknown key refused, and every error says where.
@Suite struct ConfigurationTests {
    enum Color: String, CaseIterable {
        case red, green
    }

    static func map(_ text: String) throws -> ConfigurationMap { try ConfigurationFile.parse(text, source: "a.yaml") }

    @Test func valuesAreRead() throws {
        let map = try Self.map(
            """
            # A comment
            count: 1_000
            rate: 2.5e-3
            on: true
            name: "true"
            color: green
            one: a
            many: [a, "b c"]
            nothing:
            below: {x: 3}
            list:
              - y: 1
              - y: 2
            """)
        #expect(try map.integer("count", in: 0...5000) == 1000)
        #expect(try map.number("rate", in: 0...1) == 0.0025)
        #expect(try map.bool("on") == true)
        #expect(try map.string("name") == "true")
        #expect(try map.choice("color", Color.self) == .green)
        #expect(try map.strings("one") == ["a"])
        #expect(try map.strings("many") == ["a", "b c"])
        #expect(try map.string("nothing") == nil)
        #expect(try map.string("absent") == nil)
        let below = try #require(try map.map("below"))
        #expect(try below.integer("x", in: 0...9) == 3)
        try below.finish()
        #expect(try map.maps("list")?.map { try $0.integer("y", in: 0...9) } == [1, 2])
        try map.finish()
    }

    /// Octal and base 60 of YAML 1.1 nobody means; the latter must not overflow either.
    @Test(arguments: ["010", "-010", "1:30", "1:1:1:1:1:1:1:1:1:1:1:1:1", "1e3", "\"7\"", "0x"])
    func numeralsThatMeanSomethingElseAreRefused(text: String) throws {
        let map = try Self.map("count: \(text)")
        #expect(throws: ConfigurationError.self) { try map.integer("count", in: Int.min...Int.max) }
        guard text.contains(":") else { return }
        #expect(throws: ConfigurationError.self) { try map.number("count", in: -1e300...1e300) }
    }

    @Test(arguments: [
        ("count: many", "a.yaml:1: count: expected a whole number from 0 to 9, found \"many\""),
        ("\ncount: 10", "a.yaml:2: count: expected a whole number from 0 to 9, found \"10\""),
        ("count: \"1\"", "a.yaml:1: count: expected a whole number from 0 to 9, found \"1\""),
        ("count: [1]", "found a list"),
        ("rate: .inf", "a.yaml:1: rate: expected a number"),
        ("rate: .nan", "a.yaml:1: rate: expected a number"),
        ("on: perhaps", "expected true or false, found \"perhaps\""),
        ("color: blue", "expected red, green, found \"blue\""),
        ("name: {a: 1}", "expected text, found keys with values"),
        ("below: 3", "below: expected keys with values, found \"3\""),
        ("below: {x: a}", "a.yaml:1: below.x: expected a whole number"),
        ("coutn: 3", "a.yaml:1: coutn: unknown key; did you mean count?"),
        ("something: 3", "unknown key; known are below, color, count, name, on, rate"),
        ("count: 1\ncount: 2", "twice"),
        ("count: [", "a.yaml:2: is not YAML"),
        ("[1, 2]", "a.yaml:1: expected keys with values, found a list"),
        ("", "a.yaml: is empty"),
    ])
    func mistakesAreNamed(text: String, message: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            let map = try Self.map(text)
            _ = try map.integer("count", in: 0...9)
            _ = try map.number("rate", in: 0...1)
            _ = try map.bool("on")
            _ = try map.choice("color", Color.self)
            _ = try map.string("name")
            if let below = try map.map("below") {
                _ = try below.integer("x", in: 0...9)
                try below.finish()
            }
            try map.finish()
        }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "no error")")
    }

    /// What lies below other keys is found by a dotted one, and where it is not stated the last level of it that is.
    @Test func dottedKeysDescend() throws {
        let map = try Self.map("a: 1\nmodel:\n  layers:\n    count: 2\n    width:\nx.y: 3\n")
        #expect(map.place("model.layers.count") == "a.yaml:4" && map.place("model.layers") == "a.yaml:3")
        #expect(map.place("model.layers.depth") == "a.yaml:3" && map.place("model.heads.count") == "a.yaml:2")
        #expect(map.place("a.b") == "a.yaml:1" && map.place("x.y") == "a.yaml:6" && map.place("none.b") == "a.yaml")
        #expect(map.error("model.heads", "no").message == "a.yaml:2: model.heads: no")
        for key in ["a", "model.layers", "model.layers.count", "x.y"] { #expect(map.has(key), "\(key)") }
        for key in ["model.layers.width", "model.layers.depth", "model.heads.count", "a.b", "none.b"] {
            #expect(!map.has(key), "\(key)")
        }
    }

    @Test func missingKeysAreNamed() throws {
        let map = try Self.map("model: {a: 1}")
        let error = #expect(throws: ConfigurationError.self) {
            let model = try map.map("model")!
            _ = try model.required("width", model.integer("width", in: 1...9))
        }
        #expect(error?.message == "a.yaml: model.width is missing")
        let misspelled = #expect(throws: ConfigurationError.self) {
            let map = try Self.map("\nwidht: 1")
            _ = try map.required("width", map.integer("width", in: 1...9))
        }
        #expect(misspelled?.message == "a.yaml:2: widht: unknown key; did you mean width?")
    }

    @Test func hostileFilesAreRefused() throws {
        let folder = try TemporaryFolder()
        let nested = String(repeating: "[", count: 200_000)
        for (name, bytes) in [
            ("nested.yaml", Array(nested.utf8)), ("large.yaml", [UInt8](repeating: 0x20, count: 2 << 20)),
            ("latin1.yaml", [0x61, 0x3A, 0x20, 0xE9]),
        ] {
            let path = try folder.write(bytes, name)
            let error = #expect(throws: ConfigurationError.self) { try ConfigurationFile.open(path) }
            #expect(error?.message.hasPrefix(path) == true)
        }
        let error = #expect(throws: ConfigurationError.self) { try ConfigurationFile.open(folder.path("none.yaml")) }
        #expect(error?.message.contains("none.yaml: cannot read") == true)
    }
}
