/// Bounds on what grammars may cost, so that a hostile one takes neither the memory nor the time of a server.
public struct GrammarLimits: Sendable, Equatable {
    /// Bytes of a grammar's text.
    public var maximumTextBytes = 1 << 20
    /// Groups inside one another in a grammar's text or a regular expression; their readers recurse once for each.
    public var maximumGroupDepth = 100
    /// Rules of a grammar, those made for the parts of a schema among them.
    public var maximumRules = 20_000
    /// States of one rule's automaton, before and after it is made deterministic.
    public var maximumRuleStates = 100_000
    /// States of all rules together.
    public var maximumStates = 400_000
    /// Entries of the table of transitions: states times classes of bytes. Four bytes each.
    public var maximumTransitions = 16 << 20
    /// Elementary steps of building automata, for one grammar: two seconds or so.
    public var maximumWork = 4_000_000
    /// The greatest bound of a repetition.
    public var maximumRepetition = 10_000
    /// Rules inside one another at one place of a text.
    public var maximumStackDepth = 10_000
    /// Readings of one text that are followed side by side.
    public var maximumStacks = 512
    /// Ways to choose between alternatives that one part of a schema may have.
    public var maximumAlternatives = 512

    public init() {}

    public static let standard = GrammarLimits()
}
