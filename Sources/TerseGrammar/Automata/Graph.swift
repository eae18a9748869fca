/// A nondeterministic automaton under construction: edges over sets of symbols, and edges that read nothing.
///
/// Symbols are Unicode scalars in patterns; in rules, bytes and, from `Graph.firstCall` on, calls of rules.
struct Graph: Sendable {
    struct Edge: Sendable {
        var low: UInt32
        var high: UInt32
        var target: Int32
    }

    /// When an edge that reads nothing may be taken.
    enum Condition: Sendable { case always, atBeginning, atEnd }

    struct Jump: Sendable {
        var target: Int32
        var condition: Condition
    }

    /// The symbol that calls rule 0.
    static let firstCall: UInt32 = 256

    private(set) var edges: [[Edge]] = []
    private(set) var jumps: [[Jump]] = []
    var start: Int32 = 0
    /// The one state in which a text may end.
    var end: Int32 = 0

    /// A start and an end, not connected.
    init() {
        start = addState()
        end = addState()
    }

    var stateCount: Int { edges.count }

    mutating func addState() -> Int32 {
        edges.append([])
        jumps.append([])
        return Int32(edges.count - 1)
    }

    mutating func addState(_ meter: WorkMeter) throws(GrammarError) -> Int32 {
        try meter.check(states: edges.count)
        try meter.spend(1)
        return addState()
    }

    mutating func jump(_ from: Int32, _ to: Int32, when condition: Condition = .always) {
        jumps[Int(from)].append(Jump(target: to, condition: condition))
    }

    mutating func edge(_ from: Int32, _ symbols: ClosedRange<UInt32>, _ to: Int32) {
        edges[Int(from)].append(Edge(low: symbols.lowerBound, high: symbols.upperBound, target: to))
    }

    mutating func edges(_ from: Int32, _ symbols: SymbolSet, _ to: Int32) {
        for range in symbols.ranges { edge(from, range, to) }
    }

    mutating func call(_ from: Int32, rule: Int, _ to: Int32) {
        let symbol = Self.firstCall + UInt32(rule)
        edge(from, symbol...symbol, to)
    }

    mutating func byte(_ from: Int32, _ byte: Unicode.Scalar, _ to: Int32) { edge(from, byte.value...byte.value, to) }

    /// Adds a path that reads `bytes`.
    mutating func path(_ from: Int32, _ bytes: some Collection<UInt8>, _ to: Int32, _ meter: WorkMeter)
        throws(GrammarError)
    {
        try meter.check(states: stateCount + bytes.count)
        try meter.spend(bytes.count)
        var state = from
        for (index, byte) in bytes.enumerated() {
            let next = index == bytes.count - 1 ? to : addState()
            edge(state, UInt32(byte)...UInt32(byte), next)
            state = next
        }
        if bytes.isEmpty { jump(from, to) }
    }

    /// Adds all of `other` between two states.
    mutating func insert(_ other: Graph, from: Int32, to: Int32, _ meter: WorkMeter) throws(GrammarError) {
        try meter.check(states: stateCount + other.stateCount)
        let offset = Int32(stateCount)
        for state in other.edges.indices {
            try meter.spend(1 + other.edges[state].count + other.jumps[state].count)
            edges.append(other.edges[state].map { Edge(low: $0.low, high: $0.high, target: $0.target + offset) })
            jumps.append(other.jumps[state].map { Jump(target: $0.target + offset, condition: $0.condition) })
        }
        jump(from, other.start + offset)
        jump(other.end + offset, to)
    }

    /// Adds the states from number `first` to before `last` once more, which lead to one another alone.
    /// - Returns: by how much the numbers of the new ones are greater.
    mutating func copy(_ first: Int, _ last: Int, _ meter: WorkMeter) throws(GrammarError) -> Int32 {
        try meter.check(states: stateCount + last - first)
        let offset = Int32(stateCount - first)
        for state in first..<last {
            try meter.spend(1 + edges[state].count + jumps[state].count)
            edges.append(edges[state].map { Edge(low: $0.low, high: $0.high, target: $0.target + offset) })
            jumps.append(jumps[state].map { Jump(target: $0.target + offset, condition: $0.condition) })
        }
        return offset
    }

    /// The same language as `automaton`.
    init(_ automaton: Automaton) {
        self.init()
        let offset = Int32(stateCount)
        for state in automaton.edges.indices {
            edges.append(automaton.edges[state].map { Edge(low: $0.low, high: $0.high, target: $0.target + offset) })
            jumps.append(automaton.isFinal[state] ? [Jump(target: end, condition: .always)] : [])
        }
        jump(start, offset)
    }
}
