import Foundation
import TerseJSON
import TestSupport
import Testing

@testable import TerseGrammar

/// Regular expressions against V8's.
@Suite struct PatternTests {
    /// 3,600 pairs of a pattern and a text, made by `Fixtures/patterns.mjs` with Node 20's RegExp.
    @Test func matchesAreThoseOfV8() throws {
        let file = try Data(contentsOf: URL(filePath: TestData.fixture("patterns.json")))
        let entries = try #require(JSONValue.parse(Array(file)).arrayValue)
        var compared = 0
        for entry in entries {
            let pattern = try #require(entry[0]?.stringValue)
            // A few need more states than this; which, the seed of the fixture decides.
            guard let sure = try? PatternParser.automaton(pattern, .sure, WorkMeter(limits: Self.small)),
                let possible = try? PatternParser.automaton(pattern, .possible, WorkMeter(limits: Self.small))
            else { continue }
            let matches = Array(try #require(entry[2]?.stringValue)).map { $0 == "1" }
            for (text, matches) in zip(try #require(entry[1]?.arrayValue), matches) {
                let text = try #require(text.stringValue)
                // Of what dialects disagree about, one reading has less and one has more.
                #expect(!sure.accepts(text) || matches, "\(pattern) on \(text.debugDescription)")
                #expect(possible.accepts(text) || !matches, "\(pattern) on \(text.debugDescription)")
                if !text.unicodeScalars.contains(where: { $0.value == 0x0A || $0.value > 0x7F }) {
                    #expect(sure.accepts(text) == matches, "\(pattern) on \(text.debugDescription)")
                    compared += 1
                }
            }
        }
        #expect(compared > 2000)
    }

    /// So that reaching the limits takes no time in builds that are not optimised.
    static let small: GrammarLimits = {
        var limits = GrammarLimits()
        limits.workMax = 100_000
        limits.ruleStatesMax = 5_000
        return limits
    }()

    static let refusals: [(pattern: String, code: GrammarError.Code, part: String)] = [
        ("(?=a)b", .unsupportedPattern, "lookahead"), ("(?!a)", .unsupportedPattern, "lookahead"),
        ("(?<=a)b", .unsupportedPattern, "lookbehind"), ("(?<!a)b", .unsupportedPattern, "lookbehind"),
        ("(a)\\1", .unsupportedPattern, "backreference"), ("(?<n>a)\\k<n>", .unsupportedPattern, "backreference"),
        ("a\\b", .unsupportedPattern, "word boundary"), ("\\Bx", .unsupportedPattern, "word boundary"),
        ("\\p{Script=Greek}", .unsupportedPattern, "property"), ("(?i)a", .unsupportedPattern, "flags"),
        ("\\Z", .unsupportedPattern, "\\Z"), ("a**", .syntax, "second"), ("(a", .syntax, "')'"),
        ("[b-a]", .syntax, "falls"),
        ("a{2,1}", .limitExceeded, "rise"), ("[a", .syntax, "']'"), ("*a", .syntax, "atom"), ("a)", .syntax, "end"),
        ("(?:a?){9000}{2}", .syntax, "second"), ("((((a{99}){99}){99}){99})", .limitExceeded, ""),
        (".*a.{24}$", .limitExceeded, ""), (String(repeating: "(", count: 1000), .limitExceeded, "groups"),
    ]

    @Test(arguments: refusals.indices) func whatNoAutomatonDoesIsRefused(index: Int) throws {
        let (pattern, code, part) = Self.refusals[index]
        let error = #expect(throws: GrammarError.self) {
            try PatternParser.automaton(pattern, .sure, WorkMeter(limits: Self.small))
        }
        let says = part.isEmpty || error?.message.contains(part) == true
        #expect(error?.code == code && says, "\(pattern.prefix(40)): \(String(describing: error))")
    }

    @Test func propertiesAreGeneralCategories() throws {
        let automaton = try PatternParser.automaton(
            "^\\p{Lu}\\p{L}+\\P{Letter}$", .sure, WorkMeter(limits: GrammarLimits()))
        #expect(
            automaton.accepts("Éx1") && automaton.accepts("Ωω-") && !automaton.accepts("éx1")
                && !automaton.accepts("Éxx"))
    }

    @Test func damageIsSurvived() throws {
        let file = try Data(contentsOf: URL(filePath: TestData.fixture("patterns.json")))
        let entries = try #require(JSONValue.parse(Array(file)).arrayValue)
        let originals = entries.compactMap { $0[0]?.stringValue.map { Array($0.utf8) } }.filter { !$0.isEmpty }
        var limits = GrammarLimits()
        limits.workMax = 100_000
        limits.ruleStatesMax = 3_000
        var fuzz = MutationFuzz()
        let outcome = fuzz.run(originals, headBytes: 20, variants: 1500) { bytes in
            let pattern = String(decoding: bytes, as: UTF8.self)
            _ = try PatternParser.automaton(pattern, .possible, WorkMeter(limits: limits))
        }
        #expect(outcome.isMixed, "\(outcome)")
    }
}
