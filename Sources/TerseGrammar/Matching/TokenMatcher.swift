/// One text under a grammar, token by token. A value: a copy is a place to come back to.
public struct TokenMatcher: Sendable {
    public let constraint: VocabularyGrammar
    /// Whether a token that ends the text was accepted.
    public private(set) var isFinished = false
    private var stacks: StackSet

    init(_ constraint: VocabularyGrammar) throws(GrammarError) {
        self.constraint = constraint
        stacks = try StackSet(constraint.grammar)
    }

    /// Whether the text so far fits the grammar as it is.
    public var mayEnd: Bool { stacks.current.mayEnd }

    /// Makes `mask` the tokens that may come next: those whose bytes continue the text, half characters too, and those that
    /// end the text, exactly where it may end. After the end of the text: none.
    ///
    /// - Throws: `GrammarError`: `.vocabularyTooPoor` when the text may not end and no token continues it, `.limitExceeded`
    ///   when the grammar is too ambiguous or too deep here, or has too many alternatives. The matcher is then where it was.
    public mutating func fill(_ mask: inout TokenSet) throws(GrammarError) {
        guard !isFinished else {
            mask = TokenSet(tokenCount: constraint.trie.tokenCount)
            return
        }
        let level = stacks.levels.count
        stacks.stepsLeft = constraint.grammar.limits.maskWorkMax
        do throws(GrammarError) { mask = try constraint.mask(of: &stacks) } catch {
            stacks.retreat(to: level)
            throw error
        }
        if mayEnd {
            for token in constraint.trie.endOfText where token >= 0 && Int(token) < mask.tokenCount {
                mask.insert(token)
            }
        } else if mask.isEmpty {
            let bytes = nextBytes().prefix(8).map(Self.describe).joined(separator: ", ")
            throw GrammarError(
                .vocabularyTooPoor, "no token of the vocabulary continues the text, which must go on with \(bytes)")
        }
    }

    /// Goes on past `token`.
    /// - Throws: `GrammarError`: `.tokenNotAllowed`, or `.limitExceeded` when it leads too deep; the matcher is then where it
    ///   was.
    public mutating func accept(_ token: Int32) throws(GrammarError) {
        guard !isFinished else { throw GrammarError(.tokenNotAllowed, "token \(token) after the end of the text") }
        if constraint.trie.endOfText.contains(token) {
            guard mayEnd else {
                throw GrammarError(.tokenNotAllowed, "token \(token) ends the text where the grammar does not")
            }
            isFinished = true
            return
        }
        guard let bytes = constraint.trie.bytes(of: token), !bytes.isEmpty else {
            throw GrammarError(.tokenNotAllowed, "token \(token) has no bytes that a grammar could read")
        }
        guard try accept(bytes: bytes) else {
            throw GrammarError(
                .tokenNotAllowed, "token \(token) (\(bytes.map(Self.describe).joined())) does not fit the grammar here")
        }
    }

    /// Goes on past `bytes`, whatever tokens they come in.
    /// - Returns: false when they do not fit.
    /// - Throws: `GrammarError.Code.limitExceeded` when they lead too deep. In both cases the matcher is where it was.
    public mutating func accept(bytes: some Collection<UInt8>) throws(GrammarError) -> Bool {
        let level = stacks.levels.count
        do throws(GrammarError) {
            for byte in bytes {
                stacks.stepsLeft = constraint.grammar.limits.maskWorkMax
                guard try stacks.advance(byte) else {
                    stacks.retreat(to: level)
                    return false
                }
            }
        } catch {
            stacks.retreat(to: level)
            throw error
        }
        stacks.settle()
        return true
    }

    /// The bytes that may come next.
    func nextBytes() -> [UInt8] {
        let grammar = constraint.grammar
        return (0...255).filter { byte in stacks.currentTops.contains { grammar.next($0.state, byte) >= 0 } }
    }

    private static func describe(_ byte: UInt8) -> String {
        (0x21...0x7E).contains(byte) ? "'\(Unicode.Scalar(byte))'" : "0x" + String(byte, radix: 16)
    }
}
