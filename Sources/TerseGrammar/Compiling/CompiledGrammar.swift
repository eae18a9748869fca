/// A grammar made ready to be matched byte by byte: every rule is a deterministic automaton whose edges read a byte or call
/// a rule, so together they are a pushdown automaton.
///
/// Every state leads to an end of its rule, so a text that was accepted so far can always be completed.
/// A value never changes and may be shared between threads.
public final class CompiledGrammar: Sendable {
    struct Call: Sendable {
        /// The state in which the called rule starts.
        var start: Int32
        /// Where to go on after it.
        var next: Int32
    }

    struct Traits: OptionSet, Sendable {
        let rawValue: UInt8
        static let isFinal = Traits(rawValue: 1)
        static let hasCalls = Traits(rawValue: 2)
        static let hasBytes = Traits(rawValue: 4)
    }

    public let limits: GrammarLimits
    let traits: [Traits]
    /// The state that follows, at `state * classCount + byteClasses[byte]`; −1 where there is none.
    let transitions: [Int32]
    let byteClasses: [UInt8]
    let classCount: Int
    /// Calls of state s: `calls[callStarts[s]..<callStarts[s + 1]]`.
    let calls: [Call]
    let callStarts: [Int32]
    let start: Int32

    /// States of all rules together.
    public var stateCount: Int { traits.count }
    /// Memory that its tables take.
    public var byteCount: Int {
        traits.count * (1 + MemoryLayout<Int32>.stride) + transitions.count * MemoryLayout<Int32>.stride
            + calls.count * MemoryLayout<Call>.stride
    }

    /// Compiles `grammar`; rules that the root does not reach cost nothing.
    ///
    /// - Throws: `GrammarError`: an undefined rule, left recursion, nothing that fits, or more than `limits` allow.
    public init(_ grammar: Grammar, limits: GrammarLimits = GrammarLimits()) throws(GrammarError) {
        self.limits = limits
        guard grammar.rules.count <= limits.rulesMax else {
            throw GrammarError(
                .limitExceeded, "the grammar has \(grammar.rules.count) rules, more than \(limits.rulesMax)")
        }
        let (names, automata) = try Self.automata(of: grammar, WorkMeter(limits: limits))
        var check = GrammarCheck(names: names, automata: automata)
        try check.removeDeadEnds()
        try check.refuseLeftRecursion()
        var layout = TableLayout(check.automata)
        try layout.check(limits)
        layout.fill(check.automata)
        traits = layout.traits
        transitions = layout.transitions
        byteClasses = layout.byteClasses
        classCount = layout.classCount
        calls = layout.calls
        callStarts = layout.callStarts
        start = layout.starts[0]
    }

    /// The automata of the rules that the root reaches, numbered anew: the root is the first.
    private static func automata(of grammar: Grammar, _ meter: WorkMeter) throws(GrammarError)
        -> (names: [String], automata: [Automaton])
    {
        guard grammar.rules.indices.contains(grammar.root) else {
            throw GrammarError(.undefinedRule, "the grammar's root is rule \(grammar.root) of \(grammar.rules.count)")
        }
        var compiler = RuleCompiler(ruleCount: grammar.rules.count, meter: meter)
        var automata: [Automaton] = []
        var order = [grammar.root]
        var numbers = [grammar.root: 0]
        var index = 0
        var states = 0
        while index < order.count {
            let automaton = try compiler.compile(grammar.rules[order[index]])
            let calls = automaton.calls
            try meter.spend(calls.count)
            for called in calls where numbers[called] == nil {
                numbers[called] = order.count
                order.append(called)
            }
            automata.append(automaton)
            states += automaton.stateCount
            guard states <= meter.limits.statesMax else {
                throw GrammarError(
                    .limitExceeded, "the grammar needs more than \(meter.limits.statesMax) states: simplify it")
            }
            index += 1
        }
        return (order.map { grammar.rules[$0].name }, automata.map { $0.renumberingCalls(numbers) })
    }

    /// Where `byte` leads from `state`, or −1.
    @inline(__always)
    func next(_ state: Int32, _ byte: UInt8) -> Int32 {
        transitions[Int(state) * classCount + Int(byteClasses[Int(byte)])]
    }
}

extension Automaton {
    fileprivate func renumberingCalls(_ numbers: [Int: Int]) -> Automaton {
        var result = Automaton()
        for state in edges.indices {
            result.addState(isFinal: isFinal[state])
            for edge in edges[state] where edge.low < Graph.firstCall { result.append(edge, to: state) }
            let calls = edges[state].flatMap { edge in
                edge.called.map { called in
                    let symbol = Graph.firstCall + UInt32(numbers[called] ?? 0)
                    return Edge(low: symbol, high: symbol, target: edge.target)
                }
            }
            for edge in calls.sorted(by: { $0.low < $1.low }) { result.append(edge, to: state, widening: false) }
        }
        return result
    }
}
