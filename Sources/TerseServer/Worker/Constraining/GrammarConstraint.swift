import TerseEngine
import TerseGrammar

/// A grammar as an engine asks it, token by token.
struct GrammarConstraint: TokenConstraint {
    private var matcher: TokenMatcher
    private var mask: TokenSet
    /// Why a chosen token could not be followed, which its mask did not know.
    private var failure: GrammarError?

    /// - Throws: `GrammarError` when the grammar is too deep where it begins.
    init(_ grammar: VocabularyGrammar) throws(GrammarError) {
        matcher = try grammar.makeMatcher()
        mask = TokenSet(tokenCount: grammar.trie.tokenCount)
    }

    mutating func allow(in words: UnsafeMutableBufferPointer<UInt64>) throws(EngineError) -> Bool {
        do throws(GrammarError) {
            if let failure { throw failure }
            try matcher.fill(&mask)
        } catch {
            throw EngineError(.badRequest, "the text cannot go on as its grammar or schema demands: \(error.message)")
        }
        // An embedding may have more rows than the vocabulary has tokens.
        for index in words.indices { words[index] = index < mask.words.count ? mask.words[index] : 0 }
        return !mask.isEmpty
    }

    mutating func accept(_ token: Int32) {
        do throws(GrammarError) { try matcher.accept(token) } catch { failure = failure ?? error }
    }
}
