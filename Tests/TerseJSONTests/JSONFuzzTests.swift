import Foundation
import TestSupport
import Testing

@testable import TerseJSON

/// Mutates texts at random: the parser must end with a value or an error, and what it accepts must survive being written
/// and read again. The seed is printed by a failure.
@Suite struct JSONFuzzTests {
    static let seeds = [
        #"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00",null,true,{"b":{}}],"long key with spaces":"\\\"\n","n":123456789012345678901}"#,
        "[[[[[[1]]]]],\"é€😀\",0.1,1E5,-0,9223372036854775807]", "{\"a\":1,\"a\":2,\"e\u{301}\":3,\"\u{e9}\":4}",
        "[\"\\u0000\\uFFFF\",\"\",\" \",{\"\":\"\"}]",
    ].map { Array($0.utf8) }
    static let pieces =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\udc00", "e", "-", ".", "0", "9", "1e308",
            "null",
            "true", "\n", "\u{1}", "\u{FEFF}", "[[[[", "{\"k\":",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90]]

    @Test func survivesMutations() {
        var seed = FuzzBudget.seed
        var outcome = FuzzOutcome()
        var budget = FuzzBudget(variants: 4000)
        while budget.spend() {
            seed += 1
            var generator = SplitMix64(seed: seed)
            let text = mutated(&generator)
            outcome.count {
                let value = try JSONValue.parse(text, limits: JSONLimits(maximumDepth: 64))
                for style in [JSONStyle.compact, .pretty, JSONStyle(escapesNonASCII: true)] {
                    let again = try? JSONValue.parse(value.serialized(style))
                    #expect(again == value, "seed \(seed), text \(String(decoding: text, as: UTF8.self))")
                }
            }
        }
        #expect(outcome.isMixed, "\(outcome)")
    }

    func mutated(_ generator: inout SplitMix64) -> [UInt8] {
        var text = Self.seeds.randomElement(using: &generator)!
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            let place = Int.random(in: 0...text.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: text.insert(contentsOf: Self.pieces.randomElement(using: &generator)!, at: place)
            case 1: if place < text.count { text[place] = UInt8.random(in: 0...255, using: &generator) }
            case 2: text.removeSubrange(place..<min(text.count, place + Int.random(in: 0...8, using: &generator)))
            case 3: text.removeSubrange(place...)
            default: text.insert(contentsOf: text[place..<min(text.count, place + 20)], at: place)
            }
        }
        return text
    }
}
