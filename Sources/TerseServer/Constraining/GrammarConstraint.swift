import TerseEngine
import TerseGrammar

/// A grammar as an engine asks it, token by token.
struct GrammarConstraint: TerseEngine.TokenConstraint {
    private var matcher: TokenMatcher
    private var mask: TerseGrammar.TokenMask
    /// No token continues the text, or one led deeper than grammars may go, which its mask did not know.
    private var hasFailed = false

    /// - Throws: `GrammarError` when the grammar is too deep where it begins.
    init(_ grammar: TerseGrammar.TokenConstraint) throws(GrammarError) {
        matcher = try grammar.makeMatcher()
        mask = TerseGrammar.TokenMask(tokenCount: grammar.trie.tokenCount)
    }

    /// Where no token continues the text, none is allowed: the engine then ends the request with an error, so that
    /// nothing comes out that breaks the grammar.
    mutating func allow(in words: UnsafeMutableBufferPointer<UInt64>) {
        do throws(GrammarError) { try matcher.fill(&mask) } catch { hasFailed = true }
        if hasFailed { mask = TerseGrammar.TokenMask(tokenCount: mask.tokenCount) }
        // An embedding may have more rows than the vocabulary has tokens.
        for index in words.indices { words[index] = index < mask.words.count ? mask.words[index] : 0 }
    }

    mutating func accept(_ token: Int32) {
        do throws(GrammarError) { try matcher.accept(token) } catch { hasFailed = true }
    }
}
