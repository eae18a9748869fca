extension Graph {
    /// The deterministic automaton of the same language, by the construction of subsets (Rabin and Scott 1959).
    ///
    /// Jumps `atBeginning` count before the first symbol alone, jumps `atEnd` after the last alone.
    func determinized(_ meter: WorkMeter) throws(GrammarError) -> Automaton {
        var result = Automaton()
        var numbers: [[Int32]: Int32] = [:]
        let first = closure([start], [.always, .atBeginning])
        var subsets = [first]
        result.addState(isFinal: closure(first, [.always, .atBeginning, .atEnd]).contains(end))
        // The first subset is not looked up: a text cannot come back to its beginning.
        if !hasBeginnings { numbers[first] = 0 }
        var index = 0
        while index < subsets.count {
            for (low, high, targets) in try successors(of: subsets[index], meter) {
                let subset = closure(targets, [.always])
                try meter.spend(subset.count)
                var number = numbers[subset]
                if number == nil {
                    try meter.check(states: subsets.count)
                    number = result.addState(isFinal: closure(subset, [.always, .atEnd]).contains(end))
                    numbers[subset] = number
                    subsets.append(subset)
                }
                result.append(Automaton.Edge(low: low, high: high, target: number ?? 0), to: index)
            }
            index += 1
        }
        return result.trimmed()
    }

    private var hasBeginnings: Bool { jumps.contains { $0.contains { $0.condition == .atBeginning } } }

    /// The states that `states` reach by jumps alone, sorted.
    private func closure(_ states: [Int32], _ conditions: Set<Condition>) -> [Int32] {
        var seen = Set(states)
        var waiting = states
        while let state = waiting.popLast() {
            for jump in jumps[Int(state)] where conditions.contains(jump.condition) {
                if seen.insert(jump.target).inserted { waiting.append(jump.target) }
            }
        }
        return seen.sorted()
    }

    /// The ranges of symbols on which the edges of `subset` agree, each with where they lead.
    private func successors(of subset: [Int32], _ meter: WorkMeter) throws(GrammarError)
        -> [(low: UInt32, high: UInt32, targets: [Int32])]
    {
        var leaving: [Edge] = []
        for state in subset { leaving.append(contentsOf: edges[Int(state)]) }
        guard !leaving.isEmpty else { return [] }
        leaving.sort { $0.low < $1.low }
        var cuts = Set<UInt32>()
        for edge in leaving {
            cuts.insert(edge.low)
            cuts.insert(edge.high + 1)
        }
        let bounds = cuts.sorted()
        var result: [(low: UInt32, high: UInt32, targets: [Int32])] = []
        var open: [Edge] = []
        var next = 0
        for (index, low) in bounds.dropLast().enumerated() {
            open.removeAll { $0.high < low }
            while next < leaving.count, leaving[next].low == low {
                open.append(leaving[next])
                next += 1
            }
            guard !open.isEmpty else { continue }
            try meter.spend(open.count)
            let targets = Set(open.map(\.target)).sorted()
            result.append((low, bounds[index + 1] - 1, targets))
        }
        return result
    }
}
