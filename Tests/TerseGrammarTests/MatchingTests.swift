import TerseGrammar
import TerseJSON
import TestSupport
import Testing

/// Masks and matching against reading every token byte by byte.
@Suite struct MatchingTests {
    static let grammars = [
        "root ::= [a-c]* \"é\" .",
        "root ::= \"(\" root? \")\" | \"[\" root \"]\" root",
        "root ::= item (\",\" item){0,3}\nitem ::= \"a\" | \"ab\" | \"abc\" [0-9]+ | \"\"",
        "root ::= a | b\na ::= \"x\" a \"y\" | \"xy\"\nb ::= \"x\" b \"yy\" | \"z\"",
        "root ::= \"{\" (\"\\\"a\\\":\" root)? \"}\" | \"12\" | \"12345\"",
        "root ::= [^\\x00-\\x1f\"]{2,5}",
    ]

    /// Any text of these few letters, with and without the mark.
    @Test(arguments: ["a", "aab", "abab", "abaabc", ""]) func marksDoNotStandInWhatIsWithoutThem(mark: String) throws {
        let grammar = Grammar(
            rules: [Grammar.Rule("root", .sequence([.anything(without: mark), .text("!")]))], root: 0)
        guard !mark.isEmpty else {
            #expect(throws: GrammarError.self) { _ = try CompiledGrammar(grammar) }
            return
        }
        let constraint = VocabularyGrammar(
            try CompiledGrammar(grammar), TokenTrie(tokens: (0...255).map { [UInt8($0)] } + [[]], endOfText: [256]))
        var random = SplitMix64(seed: 9)
        for _ in 0..<2000 {
            let text = String((0..<random.next(below: 12)).map { _ in "abcé".randomElement(using: &random)! })
            var matcher = try constraint.makeMatcher()
            let fits = try matcher.accept(bytes: (text + "!").utf8)
            #expect(fits == !text.contains(mark), "\(text)")
        }
    }

    @Test(arguments: grammars) func masksAreWhatBytesSay(grammar: String) throws {
        let trial = try Trial(gbnf: grammar)
        var random = SplitMix64(seed: 7)
        var mask = TokenSet(tokenCount: trial.constraint.trie.tokenCount)
        for _ in 0..<12 {
            var matcher = try trial.constraint.makeMatcher()
            for _ in 0..<14 where !matcher.isFinished {
                try matcher.fill(&mask)
                var expected: [Int32] = []
                for token in 0..<Int32(mask.tokenCount) {
                    var copy = matcher
                    if (try? copy.accept(token)) != nil { expected.append(token) }
                }
                #expect(mask.tokens == expected)
                guard let choice = expected.randomElement(using: &random) else { break }
                try matcher.accept(choice)
            }
        }
    }

    @Test func endOfTextIsAllowedWhereTheGrammarMayEnd() throws {
        let trial = try Trial(gbnf: "root ::= \"ab\"+")
        let end = try #require(trial.constraint.trie.endOfText.first)
        var matcher = try trial.constraint.makeMatcher()
        var mask = TokenSet(tokenCount: trial.constraint.trie.tokenCount)
        try matcher.fill(&mask)
        #expect(!mask[end] && !matcher.mayEnd)
        #expect(throws: GrammarError.self) { try matcher.accept(end) }
        #expect(try matcher.accept(bytes: "ab".utf8))
        try matcher.fill(&mask)
        #expect(mask[end] && matcher.mayEnd && mask.count == 3)  // "a", "ab" and the end.
        try matcher.accept(end)
        try matcher.fill(&mask)
        #expect(matcher.isFinished && mask.isEmpty)
        #expect(throws: GrammarError.self) { try matcher.accept(Int32(UInt8(ascii: "a"))) }
    }

    @Test func aRefusedTokenChangesNothing() throws {
        let trial = try Trial(gbnf: "root ::= \"ab\" [0-9]")
        var matcher = try trial.constraint.makeMatcher()
        #expect(throws: GrammarError.self) { try matcher.accept(Int32(UInt8(ascii: "x"))) }
        #expect(try !matcher.accept(bytes: "ax".utf8))
        #expect(try matcher.accept(bytes: "ab".utf8))
        #expect(try matcher.accept(bytes: "7".utf8) && matcher.mayEnd)
    }

    @Test func halfCharactersAreTokens() throws {
        let trial = try Trial(gbnf: "root ::= \"€\" \"\\\"\" | \"😀a\"")
        var matcher = try trial.constraint.makeMatcher()
        let tokens = (0..<Int32(trial.constraint.trie.tokenCount)).filter {
            [[0xE2, 0x82], [0xAC, 0x22], [0xF0, 0x9F], [0x98, 0x80, 0x61]].contains(trial.constraint.trie.bytes(of: $0))
        }
        var other = matcher
        try matcher.accept(tokens[0])
        try matcher.accept(tokens[1])
        #expect(matcher.mayEnd)
        try other.accept(tokens[2])
        try other.accept(tokens[3])
        #expect(other.mayEnd)
    }

    @Test func aVocabularyWithoutTheBytesIsReported() throws {
        let trie = TokenTrie(tokens: [Array("a".utf8), Array("ab".utf8), []], endOfText: [2])
        let constraint = VocabularyGrammar(try CompiledGrammar(.gbnf("root ::= \"a\" \"c\"")), trie)
        var matcher = try constraint.makeMatcher()
        var mask = TokenSet(tokenCount: 3)
        try matcher.fill(&mask)
        #expect(mask.tokens == [0])
        try matcher.accept(0)
        let error = #expect(throws: GrammarError.self) { try matcher.fill(&mask) }
        #expect(error?.code == .vocabularyTooPoor && error?.message.contains("'c'") == true)
    }

    @Test func copiesArePlacesToComeBackTo() throws {
        let trial = try Trial(gbnf: "root ::= \"(\" root \")\" | [0-9]+")
        var matcher = try trial.constraint.makeMatcher()
        #expect(try matcher.accept(bytes: "((1".utf8))
        let place = matcher
        #expect(try matcher.accept(bytes: "2))".utf8) && matcher.mayEnd)
        matcher = place
        #expect(try matcher.accept(bytes: "))".utf8) && matcher.mayEnd)
    }

    @Test func hostileGrammarsAreBounded() throws {
        // As many readings as there are ways to divide a text.
        var limits = GrammarLimits()
        limits.stacksMax = 200
        let ambiguous =
            "root ::= a\na ::= \"x\" a \"y\" | \"x\" a \"yy\" | \"x\" b a \"z\" | \"x\"\nb ::= \"x\"*"
        var matcher = try VocabularyGrammar(CompiledGrammar(.gbnf(ambiguous), limits: limits), Trial.bytes)
            .makeMatcher()
        let error = #expect(throws: GrammarError.self) {
            _ = try matcher.accept(bytes: [UInt8](repeating: UInt8(ascii: "x"), count: 3000))
        }
        #expect(error?.code == .limitExceeded)
        let deep = try Trial(gbnf: "root ::= \"(\" root \")\" | \"\"")
        matcher = try deep.constraint.makeMatcher()
        #expect(throws: GrammarError.self) {
            _ = try matcher.accept(bytes: [UInt8](repeating: UInt8(ascii: "("), count: 10_001))
        }
        for grammar in [
            "root ::= ((((.{999}){999}){999}){999})", "root ::= .* \"a\" .{40} | ([ab]? [ab]? [ab]?){999} \"c\"",
        ] {
            let error = #expect(throws: GrammarError.self) {
                try CompiledGrammar(.gbnf(grammar), limits: PatternTests.small)
            }
            #expect(error?.code == .limitExceeded)
        }
    }
}
