/// Lays the automata of all rules out in flat tables.
struct TableLayout {
    private(set) var byteClasses = [UInt8](repeating: 0, count: 256)
    private(set) var classCount = 1
    /// The number that state 0 of each rule gets.
    private(set) var starts: [Int32] = []
    private(set) var traits: [CompiledGrammar.Traits] = []
    private(set) var transitions: [Int32] = []
    private(set) var calls: [CompiledGrammar.Call] = []
    private(set) var callStarts: [Int32] = [0]
    private let stateCount: Int
    private var callCount = 0

    /// Numbers the states, and groups the bytes that no edge tells apart.
    init(_ automata: [Automaton]) {
        var count: Int32 = 0
        var cuts = [Bool](repeating: false, count: 257)
        for automaton in automata {
            starts.append(count)
            count += Int32(automaton.stateCount)
            for edge in automaton.edges.joined() {
                guard edge.low < Graph.firstCall else {
                    callCount += Int(edge.high - edge.low) + 1
                    continue
                }
                cuts[Int(edge.low)] = true
                cuts[Int(edge.high) + 1] = true
            }
        }
        stateCount = Int(count)
        for byte in 1..<256 {
            if cuts[byte] { classCount += 1 }
            byteClasses[byte] = UInt8(classCount - 1)
        }
    }

    func check(_ limits: GrammarLimits) throws(GrammarError) {
        guard max(stateCount * classCount, callCount) <= limits.transitionsMax else {
            throw GrammarError(
                .limitExceeded,
                "the grammar needs a table of \(stateCount) × \(classCount) entries and \(callCount) calls, more than "
                    + "\(limits.transitionsMax): simplify it")
        }
    }

    mutating func fill(_ automata: [Automaton]) {
        transitions = [Int32](repeating: -1, count: stateCount * classCount)
        for (rule, automaton) in automata.enumerated() {
            for state in automaton.edges.indices { add(automaton, state, offset: starts[rule]) }
        }
    }

    private mutating func add(_ automaton: Automaton, _ state: Int, offset: Int32) {
        let row = (Int(offset) + state) * classCount
        var traits: CompiledGrammar.Traits = automaton.isFinal[state] ? [.isFinal] : []
        for edge in automaton.edges[state] {
            if edge.low < Graph.firstCall {
                traits.insert(.hasBytes)
                for byte in edge.low...edge.high {
                    transitions[row + Int(byteClasses[Int(byte)])] = offset + edge.target
                }
            } else {
                traits.insert(.hasCalls)
                for rule in edge.called { calls.append(.init(start: starts[rule], next: offset + edge.target)) }
            }
        }
        callStarts.append(Int32(calls.count))
        self.traits.append(traits)
    }
}
