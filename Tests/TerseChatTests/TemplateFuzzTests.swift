import Foundation
import TerseChat
import TerseJSON
import TestSupport
import Testing

/// Mutates templates at random: parsing and rendering must end with a text or an error.
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

    static let conversation = [
        ChatMessage(role: "user", content: "hi"), ChatMessage(role: "assistant", content: "é"),
    ]

    @Test func survivesMutations() throws {
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
        var seed = FuzzBudget.seed
        var outcome = FuzzOutcome()
        var budget = FuzzBudget(variants: 1000)
        while budget.spend() {
            seed += 1
            var generator = SplitMix64(seed: seed)
            let source = mutated(sources.randomElement(using: &generator)!, &generator)
            // A crash is what this looks for; every error is a ChatError by its type.
            outcome.count {
                let template = try ChatTemplate(source: source, limits: limits)
                _ = try template.render(Self.conversation, extra: data, form: .asGiven)
            }
        }
        #expect(outcome.isMixed, "\(outcome)")
    }

    func mutated(_ source: String, _ generator: inout SplitMix64) -> String {
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
