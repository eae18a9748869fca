/// Bounds on what grammars may cost, so that a hostile one takes neither the memory nor the time of a server.
public struct GrammarLimits: Sendable, Equatable {
    /// Bytes of a grammar's text, of a regular expression, and of a schema.
    public var textBytesMax = 1 << 20
    /// Groups and repetitions inside one another in a grammar's text or a regular expression; their readers recurse once
    /// for each.
    public var groupDepthMax = 100
    /// Rules of a grammar, those made for the parts of a schema among them.
    public var rulesMax = 20_000
    /// States of one rule's automaton, before and after it is made deterministic.
    public var ruleStatesMax = 100_000
    /// States of all rules together.
    public var statesMax = 400_000
    /// Entries of the table of transitions, states times classes of bytes, and calls of rules. Four bytes each, and eight.
    public var transitionsMax = 16 << 20
    /// Elementary steps of reading a schema and of building automata, for one grammar: two seconds or so of each.
    public var workMax = 4_000_000
    /// The greatest bound of a repetition.
    public var repetitionMax = 10_000
    /// Rules inside one another at one place of a text.
    public var stackDepthMax = 10_000
    /// Readings of one text that are followed side by side.
    public var stacksMax = 4096
    /// Ways to choose between alternatives that one part of a schema may have.
    public var alternativesMax = 512
    /// Elementary steps of finding which tokens may come next, for one token: some tens of milliseconds.
    public var maskWorkMax = 8_000_000

    public init() {}
}
