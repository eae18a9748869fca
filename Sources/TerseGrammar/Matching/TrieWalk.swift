/// Tries the tokens of a trie on a set of stacks.
struct TrieWalk {
    let trie: TokenTrie
    /// Tokens that can be read to their end.
    var mask: TokenSet
    /// Nodes with children at which a rule ended on whose caller nothing is known.
    private(set) var exits: [Int32] = []
    /// The state at each depth, while one stack alone is read in the middle of a rule.
    private var states: [Int32]

    init(_ trie: TokenTrie) {
        self.trie = trie
        mask = TokenSet(tokenCount: trie.tokenCount)
        states = [Int32](repeating: -1, count: 1 + Int(trie.depths.max() ?? 0))
    }

    /// Visits all below `node`; the current level of `set` is where its bytes led.
    mutating func visit(below node: Int, _ set: inout StackSet) throws(GrammarError) {
        if let top = set.onlyTop { return try visitInsideRule(below: node, top, &set) }
        var child = node + 1
        let end = Int(trie.ends[node])
        while child < end {
            if try set.advance(trie.bytes[child]) {
                try arrive(at: child, &set)
                set.retreat()
            }
            child = Int(trie.ends[child])
        }
    }

    /// Counts the tokens of `node` and goes on below it.
    private mutating func arrive(at node: Int, _ set: inout StackSet) throws(GrammarError) {
        take(node)
        guard Int(trie.ends[node]) > node + 1 else { return }
        if set.current.endsUnknown { exits.append(Int32(node)) }
        try visit(below: node, &set)
    }

    private mutating func take(_ node: Int) {
        for index in trie.tokenStarts[node]..<trie.tokenStarts[node + 1] { mask.insert(trie.tokens[Int(index)]) }
    }

    /// One table look-up for each node, as long as no rule is called or ends.
    private mutating func visitInsideRule(below node: Int, _ top: StackSet.Top, _ set: inout StackSet)
        throws(GrammarError)
    {
        let grammar = set.grammar
        states[Int(trie.depths[node])] = top.state
        var index = node + 1
        let end = Int(trie.ends[node])
        while index < end {
            set.stepsLeft &-= 1
            guard set.stepsLeft > 0 else { return try set.spend(1) }
            let depth = Int(trie.depths[index])
            let next = grammar.next(states[depth - 1], trie.bytes[index])
            if next < 0 {
                index = Int(trie.ends[index])
            } else if grammar.traits[Int(next)] == .hasBytes {
                states[depth] = next
                take(index)
                index += 1
            } else {
                set.branch(to: StackSet.Top(state: states[depth - 1], frame: top.frame))
                if try set.advance(trie.bytes[index]) {
                    // What is above this depth is overwritten below and not needed after.
                    try arrive(at: index, &set)
                    set.retreat()
                }
                set.retreat()
                index = Int(trie.ends[index])
            }
        }
    }
}
