import Synchronization

/// A grammar over the tokens of one vocabulary, with masks kept from step to step and from text to text.
///
/// Masks of places in the grammar are made when they are first needed and kept up to `maskBytesMax`. With the 128,000 tokens
/// of Llama 3 on one core of an AMD EPYC (Zen 3, shared, 2026-11-21), for schemas of nested objects: a first visit takes
/// 0.1 ms in the median and 5 to 10 ms for the inside of a string; a place that was seen before, less than 0.002 ms.
/// Inside of a string with `maxLength` every length is a place of its own, 8 to 20 ms at its first visit.
/// May be shared between threads.
public final class VocabularyGrammar: Sendable {
    public let grammar: CompiledGrammar
    public let trie: TokenTrie
    /// Memory that masks may take, of each of two kinds half. One takes a bit for each token.
    public let maskBytesMax: Int

    private struct Kept {
        var states: [Int32: StateMask] = [:]
        var stateBytes = 0
        var places: [[Int32]: TokenSet] = [:]
        var placeBytes = 0
    }

    private let kept = Mutex(Kept())

    public init(_ grammar: CompiledGrammar, _ trie: TokenTrie, maskBytesMax: Int = 16 << 20) {
        self.grammar = grammar
        self.trie = trie
        self.maskBytesMax = maskBytesMax
    }

    /// Memory that the grammar takes at most, its kept masks among it.
    public var byteCountMax: Int { grammar.byteCount + maskBytesMax }

    /// A matcher at the beginning of a text.
    public func makeMatcher() throws(GrammarError) -> TokenMatcher { try TokenMatcher(self) }

    /// Tokens that may follow; none that ends the text is among them.
    func mask(of set: inout StackSet) throws(GrammarError) -> TokenSet {
        let place = set.signature
        if let found = kept.withLock({ $0.places[place] }) { return found }
        var walk = TrieWalk(trie)
        let tops = set.currentTops.filter { grammar.traits[Int($0.state)].contains(.hasBytes) }
        for top in tops {
            let stateMask = try stateMask(top.state, &set)
            try set.spend(walk.mask.words.count / 8)
            for index in walk.mask.words.indices { walk.mask.words[index] |= stateMask.accepted.words[index] }
            guard !stateMask.exits.isEmpty, top.frame > FrameTable.unknown else { continue }
            try set.leave(top.frame)
            for node in stateMask.exits { try walk.visit(below: Int(node), &set) }
            set.retreat()
        }
        let mask = walk.mask
        let bytes = place.count * MemoryLayout<Int32>.stride + mask.byteCount
        kept.withLock { kept in
            kept.placeBytes += bytes
            if kept.placeBytes > maskBytesMax / 2 { (kept.places, kept.placeBytes) = ([:], bytes) }
            if bytes <= maskBytesMax / 2 { kept.places[place] = mask }
        }
        return mask
    }

    private func stateMask(_ state: Int32, _ set: inout StackSet) throws(GrammarError) -> StateMask {
        if let found = kept.withLock({ $0.states[state] }) { return found }
        let before = set.stepsLeft
        let made = try StateMask(grammar, trie, state: state, stepsLeft: &set.stepsLeft)
        // What is sooner made than looked at need not be kept.
        guard before - set.stepsLeft > made.accepted.words.count else { return made }
        let bytes = made.accepted.byteCount + made.exits.count * MemoryLayout<Int32>.stride
        kept.withLock { kept in
            kept.stateBytes += bytes
            if kept.stateBytes > maskBytesMax / 2 { (kept.states, kept.stateBytes) = ([:], bytes) }
            if bytes <= maskBytesMax / 2 { kept.states[state] = made }
        }
        return made
    }
}
