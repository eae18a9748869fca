/// What can be said about tokens from one state of a rule without knowing what called it (the idea is XGrammar's, Dong and
/// others, arXiv:2411.15100).
final class StateMask: Sendable {
    /// Tokens that are read inside the rule, or to its very end.
    let accepted: TokenSet
    /// Nodes of the trie at which the rule has ended: what is below them depends on the caller.
    let exits: [Int32]

    /// - Parameter stepsLeft: how many elementary steps may be made; falls by how many are.
    init(_ grammar: CompiledGrammar, _ trie: TokenTrie, state: Int32, stepsLeft: inout Int) throws(GrammarError) {
        var set = try StackSet(grammar, inside: state, stepsLeft: stepsLeft)
        // Calls before a byte, and ends without one, are what other tops of the same set stand for.
        set.branch(to: StackSet.Top(state: state, frame: FrameTable.unknown))
        var walk = TrieWalk(trie)
        try walk.visit(below: 0, &set)
        stepsLeft = set.stepsLeft
        accepted = walk.mask
        exits = walk.exits
    }
}
