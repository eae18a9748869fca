extension Graph {
    /// The deterministic automaton of the same language, by the construction of subsets (Rabin and Scott 1959).
    ///
    /// Jumps `atBeginning` count before the first symbol alone, jumps `atEnd` after the last alone.
    func determinized(_ meter: WorkMeter) throws(GrammarError) -> Automaton {
        var subsets = SubsetConstruction(self)
        return try subsets.automaton(meter)
    }
}

private struct SubsetConstruction {
    private let graph: Graph
    private let hasBeginnings: Bool
    private let hasEnds: Bool
    private var result = Automaton()
    private var numbers: [[Int32]: Int32] = [:]
    private var subsets: [[Int32]] = []
    /// The round in which each state was last seen, so that nothing need be cleared between rounds.
    private var seen: [Int32]
    private var round: Int32 = 0

    init(_ graph: Graph) {
        self.graph = graph
        seen = [Int32](repeating: 0, count: graph.stateCount)
        hasBeginnings = graph.jumps.contains { $0.contains { $0.condition == .atBeginning } }
        hasEnds = graph.jumps.contains { $0.contains { $0.condition == .atEnd } }
    }

    mutating func automaton(_ meter: WorkMeter) throws(GrammarError) -> Automaton {
        let first = try closure([graph.start], atBeginning: true, meter)
        let whole = try closure(first, atBeginning: true, atEnd: true, meter)
        subsets.append(first)
        result.addState(isFinal: whole.contains(graph.end))
        // With beginnings the first subset is one of its own: a text cannot come back to its beginning.
        if !hasBeginnings { numbers[first] = 0 }
        var index = 0
        while index < subsets.count {
            for (low, high, targets) in try successors(of: subsets[index], meter) {
                let number = try number(of: closure(targets, meter), meter)
                result.append(Automaton.Edge(low: low, high: high, target: number), to: index)
            }
            index += 1
        }
        return result.trimmed()
    }

    private mutating func number(of subset: [Int32], _ meter: WorkMeter) throws(GrammarError) -> Int32 {
        try meter.spend(subset.count)
        if let number = numbers[subset] { return number }
        try meter.check(states: subsets.count)
        let final = hasEnds ? try closure(subset, atEnd: true, meter) : subset
        let number = result.addState(isFinal: final.contains(graph.end))
        numbers[subset] = number
        subsets.append(subset)
        return number
    }

    /// The states that `states` reach by jumps alone, sorted.
    private mutating func closure(
        _ states: [Int32], atBeginning: Bool = false, atEnd: Bool = false, _ meter: WorkMeter
    ) throws(GrammarError) -> [Int32] {
        round += 1
        var reached: [Int32] = []
        for state in states { see(state, &reached) }
        var index = 0
        while index < reached.count {
            try meter.spend(graph.jumps[Int(reached[index])].count)
            for jump in graph.jumps[Int(reached[index])] {
                switch jump.condition {
                case .always: see(jump.target, &reached)
                case .atBeginning: if atBeginning { see(jump.target, &reached) }
                case .atEnd: if atEnd { see(jump.target, &reached) }
                }
            }
            index += 1
        }
        if reached.count > 1 { reached.sort() }
        return reached
    }

    private mutating func see(_ state: Int32, _ reached: inout [Int32]) {
        guard seen[Int(state)] != round else { return }
        seen[Int(state)] = round
        reached.append(state)
    }

    /// The ranges of symbols on which the edges of `subset` agree, each with where they lead.
    private func successors(of subset: [Int32], _ meter: WorkMeter) throws(GrammarError)
        -> [(low: UInt32, high: UInt32, targets: [Int32])]
    {
        var leaving: [Graph.Edge] = []
        for state in subset { leaving.append(contentsOf: graph.edges[Int(state)]) }
        try meter.spend(leaving.count)
        guard leaving.count > 1 else { return leaving.map { ($0.low, $0.high, [$0.target]) } }
        leaving.sort { $0.low < $1.low }
        var bounds: [UInt32] = []
        for edge in leaving {
            bounds.append(edge.low)
            bounds.append(edge.high + 1)
        }
        bounds.sort()
        var result: [(low: UInt32, high: UInt32, targets: [Int32])] = []
        var open: [Graph.Edge] = []
        var next = 0
        for (index, low) in bounds.dropLast().enumerated() where low < bounds[index + 1] {
            open.removeAll { $0.high < low }
            while next < leaving.count, leaving[next].low == low {
                open.append(leaving[next])
                next += 1
            }
            guard !open.isEmpty else { continue }
            try meter.spend(open.count)
            result.append((low, bounds[index + 1] - 1, open.map(\.target)))
        }
        return result
    }
}
