import TerseGrammar
import TerseJSON

/// Texts under a grammar, byte by byte, and random ones that follow the mask.
struct Trial {
    let constraint: VocabularyGrammar

    /// A token for each byte, a few longer ones that cut characters and words anywhere, and one that ends the text.
    static let bytes: TokenTrie = {
        var tokens: [[UInt8]] = (0...255).map { [$0] }
        let longer = [
            "\":", "\": ", ", \"", ",\"", "{\"", "\"}", "}}", "]}", "},{", "true", "null", "false", "12", "345", "0.5",
            "-1", "é", "ab", "abc", "\\n", "\\u00", "2024-", "\"a\":", "[[", "]]", "[1,", "[\"",
        ]
        tokens += longer.map { Array($0.utf8) }
        tokens += [[0xE2, 0x82], [0xAC, 0x22], [0xF0, 0x9F], [0x98, 0x80, 0x61], []]
        return TokenTrie(tokens: tokens, endOfText: [Int32(tokens.count - 1)])
    }()

    init(_ grammar: Grammar, _ trie: TokenTrie = Trial.bytes, limits: GrammarLimits = GrammarLimits()) throws {
        constraint = VocabularyGrammar(try CompiledGrammar(grammar, limits: limits), trie)
    }

    init(gbnf: String, limits: GrammarLimits = GrammarLimits()) throws {
        try self.init(.gbnf(gbnf, limits: limits), limits: limits)
    }

    init(schema: JSONValue, limits: GrammarLimits = GrammarLimits()) throws {
        try self.init(.jsonSchema(schema, limits: limits), limits: limits)
    }

    func accepts(_ text: String) throws -> Bool { try accepts(Array(text.utf8)) }

    func accepts(_ bytes: [UInt8]) throws -> Bool {
        var matcher = try constraint.makeMatcher()
        return try matcher.accept(bytes: bytes) && matcher.mayEnd
    }

    /// A text made of tokens that the mask allows, chosen at random; the end is taken more readily as the text grows.
    /// Nil when it does not end within `limit` tokens.
    func walk(_ random: inout some RandomNumberGenerator, limit: Int = 3000) throws -> [UInt8]? {
        var matcher = try constraint.makeMatcher()
        var mask = TokenSet(tokenCount: constraint.trie.tokenCount)
        var text: [UInt8] = []
        for step in 0..<limit {
            try matcher.fill(&mask)
            var choices = mask.tokens
            let ends = choices.filter { constraint.trie.endOfText.contains($0) }
            if !ends.isEmpty, Int.random(in: 0..<20, using: &random) < 5 + step { return text }
            if ends.count < choices.count { choices.removeAll { constraint.trie.endOfText.contains($0) } }
            // Closing brackets and quotes come first when the text has become long.
            if step > 40, Int.random(in: 0..<3, using: &random) > 0 {
                let closing = choices.filter { token in
                    guard let first = constraint.trie.bytes(of: token)?.first else { return true }
                    return "\"}]".utf8.contains(first)
                }
                if !closing.isEmpty { choices = closing }
            }
            let token = choices[Int.random(in: 0..<choices.count, using: &random)]
            if constraint.trie.endOfText.contains(token) { return text }
            try matcher.accept(token)
            text += constraint.trie.bytes(of: token) ?? []
        }
        return nil
    }
}
