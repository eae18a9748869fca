import TerseGrammar
import TestSupport
import Testing

/// The notation of llama.cpp's grammars.
@Suite struct GBNFTests {
    /// Texts that fit and texts that do not.
    static let cases: [(grammar: String, fits: [String], others: [String])] = [
        ("root ::= \"yes\" | \"no\" # comment", ["yes", "no"], ["", "yesno", "y"]),
        ("root ::= [a-z]+ (\" \" [a-z]+)*", ["ab", "ab c d"], ["ab ", "A", " a"]),
        ("root ::= [^a-z\\n]", ["A", "é", "😀"], ["b", "\n", "AB"]),
        ("root ::= \"\\x41\\u00e9\\U0001F600\\\\\\\"\\t\"", ["Aé😀\\\"\t"], ["A"]),
        ("root ::= [\\[\\]a-]{2,3}", ["[]", "a-a", "--"], ["[", "[][]", "b]"]),
        ("root ::= \"a\"{2} \"b\"{1,} \"c\"{0,2}", ["aab", "aabbbcc"], ["ab", "aac", "aabccc"]),
        ("root ::= (\n  \"a\"\n  | \"b\" # inside\n)\n  | \"c\"\n", ["a", "b", "c"], ["ab", ""]),
        (
            "root ::= expr\nexpr ::= term (\"+\" term)*\nterm ::= [0-9]+ | \"(\" expr \")\"", ["1+(2+3)", "((4))"],
            ["(", "1+"]
        ),
        ("root ::= . \"x\"", ["\nx", "ëx"], ["x"]),
        ("root ::= \"\" | a-1\na-1 ::= \"q\" root", ["", "qqq"], ["p"]),
        ("root ::= list\nlist ::= \"x\" list | \"x\"", [String(repeating: "x", count: 30_000)], [""]),
        ("root ::= nothing | \"a\"\nnothing ::= \"b\" nothing", ["a"], ["b", "bbb"]),
        ("root ::= \"ab\"? \"c\"\r\n", ["abc", "c"], ["ac"]),
    ]

    @Test(arguments: cases.indices) func textsFit(index: Int) throws {
        let (grammar, fits, others) = Self.cases[index]
        let trial = try Trial(gbnf: grammar)
        for text in fits { #expect(try trial.accepts(text), "\(grammar): \(text.prefix(40))") }
        for text in others { #expect(try !trial.accepts(text), "\(grammar): \(text.prefix(40))") }
    }

    /// What is wrong, and where.
    static let errors: [(grammar: String, code: GrammarError.Code, part: String)] = [
        ("root ::= \"a", .syntax, "line 1, column 10: the literal"),
        ("root ::= [a", .syntax, "line 1, column 10: the class"),
        ("root ::= \"a\"\nroot ::= \"b\"", .syntax, "line 2, column 1: the rule root is defined twice"),
        ("root ::= a b\na ::= \"x\"", .undefinedRule, "line 1, column 12: the rule b"),
        ("root = \"a\"", .syntax, "line 1, column 6: expected ::="),
        ("root ::= (\"a\"", .syntax, "for the '(' of line 1, column 10"),
        ("root ::= \"a\"{2", .syntax, "expected ',' or '}'"),
        ("root ::= \"a\"{3,2}", .limitExceeded, "rise"),
        ("root ::= \"a\"{99999}", .limitExceeded, "10000"),
        ("root ::= \"\\q\"", .syntax, "line 1, column 11: an escape"),
        ("root ::= [z-a]", .syntax, "falls"),
        ("root ::= <think>", .syntax, "tokens"),
        ("other ::= \"a\"", .undefinedRule, "no rule root"),
        ("root ::= root \"a\" | \"b\"", .leftRecursion, "root → root"),
        ("root ::= a\na ::= e b\nb ::= a \"c\" | \"d\"\ne ::= \"\" | \"x\"", .leftRecursion, "a → b → a"),
        ("root ::= \"a\" root", .matchesNothing, "no text"),
        ("root ::= " + String(repeating: "(", count: 5000), .limitExceeded, "groups"),
        ("", .undefinedRule, "no rule root"),
    ]

    @Test(arguments: errors.indices) func errorsSayWhere(index: Int) throws {
        let (grammar, code, part) = Self.errors[index]
        let error = #expect(throws: GrammarError.self) { try Trial(gbnf: grammar) }
        #expect(
            error?.code == code && error?.message.contains(part) == true,
            "\(grammar.prefix(60)): \(String(describing: error))")
    }

    @Test func damageIsSurvived() throws {
        var fuzz = MutationFuzz()
        let originals = (Self.cases.map(\.grammar) + MatchingTests.grammars).map { Array($0.utf8) }
        var limits = GrammarLimits()
        limits.workMax = 300_000
        limits.ruleStatesMax = 5_000
        let outcome = fuzz.run(originals, headBytes: 40, variants: 1500) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let grammar = try CompiledGrammar(.gbnf(text, limits: limits), limits: limits)
            let constraint = VocabularyGrammar(grammar, Trial.bytes)
            var matcher = try constraint.makeMatcher()
            var mask = TokenSet(tokenCount: Trial.bytes.tokenCount)
            for _ in 0..<3 where !matcher.isFinished {
                try matcher.fill(&mask)
                guard let token = mask.tokens.last else { break }
                try matcher.accept(token)
            }
        }
        #expect(outcome.isMixed, "\(outcome)")
    }
}
