import Foundation
import TerseChat
import TerseJSON
import Testing

/// Mutates templates at random: parsing and rendering must end with a text or an error. TERSE_FUZZ_SECONDS sets how long.
@Suite struct TemplateFuzzTests {
    static let pieces = [
        "{{", "}}", "{%", "%}", "{#", "#}", "-%}", "{%-", "{% endif %}", "{% endfor %}", "{% for x in l %}",
        "{% if x %}", "{% else %}",
        "{% set x = l %}", "{% macro f(a) %}", "{% endmacro %}", "f(1)", "loop", "loop(x)", "|list", "|map('upper')",
        "|tojson", "|sort",
        " is defined", ".items()", "[::-1]", "[0]", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", "~", "*", "**", "%",
        "-1", "99999", "1e308",
        "range(9)", "namespace(a=1)", "|batch(2)", "{% break %}", "{% raw %}", "{% endraw %}", "\n", "é", "\u{1F600}",
        ".", ",", "recursive",
        "{% set ns.a = x %}", "|groupby(0)", "'%s' % x", "'{}'.format(x)", "{% call f(1) %}", "{% endcall %}",
        "|selectattr('a')",
    ]

    @Test func survivesMutations() throws {
        let seconds = ProcessInfo.processInfo.environment["TERSE_FUZZ_SECONDS"].flatMap(Double.init) ?? 1
        let end = ContinuousClock.now + .seconds(seconds)
        let cases = try #require(try Fixtures.json("expressions.json")["cases"]?.arrayValue)
        var sources = cases.compactMap { $0[0]?.stringValue }
        for name in ["parts-and-schema", "strict-turns", "tools-in-tags"] {
            let path = Fixtures.folder.appending(path: "templates/\(name).jinja")
            let source = try String(contentsOf: path, encoding: .utf8)
            sources += [String](repeating: source, count: 20)
        }
        let data: [String: JSONValue] = [
            "l": [1, "a", nil, [2.5, ["x": 1]]], "x": ["a": 1, "b": [1, 2]], "s": "text",
        ]
        var limits = TemplateLimits()
        limits.maximumWork = 50_000
        limits.maximumOutputBytes = 1 << 20
        var seed: UInt64 = 1
        var rendered = 0
        while ContinuousClock.now < end {
            seed += 1
            var generator = SplitMix(state: seed)
            let source = mutated(sources.randomElement(using: &generator)!, &generator)
            // A crash is what this looks for; every error is a ChatError by its type.
            guard let template = try? ChatTemplate(source: source, limits: limits) else { continue }
            let conversation = [ChatMessage(role: "user", content: "hi"), ChatMessage(role: "assistant", content: "é")]
            if (try? template.render(conversation, extra: data, form: .asGiven)) != nil { rendered += 1 }
        }
        #expect(rendered > 0)
    }

    func mutated(_ source: String, _ generator: inout SplitMix) -> String {
        var text = Array(source.unicodeScalars)
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0...text.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0, 1: text.insert(contentsOf: Self.pieces.randomElement(using: &generator)!.unicodeScalars, at: place)
            case 2: text.removeSubrange(place..<min(text.count, place + Int.random(in: 0...12, using: &generator)))
            case 3:
                text.insert(
                    contentsOf: text[place..<min(text.count, place + 30)],
                    at: Int.random(in: 0...text.count, using: &generator))
            default:
                if place < text.count { text[place] = Unicode.Scalar(UInt8.random(in: 32...126, using: &generator)) }
            }
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text)
        return String(view)
    }
}

/// A generator that a seed determines (Steele, Lea and Flood 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
