extension Automaton {
    /// Every text of scalars.
    static let allTexts: Automaton = {
        var result = Automaton()
        result.addState(isFinal: true)
        for range in SymbolSet.allScalars.ranges {
            result.append(Edge(low: range.lowerBound, high: range.upperBound, target: 0), to: 0)
        }
        return result
    }()

    /// No text at all.
    static let nothing: Automaton = {
        var result = Automaton()
        result.addState(isFinal: false)
        return result
    }()

    /// Texts of at least `minimum` and at most `maximum` scalars.
    static func lengths(_ minimum: Int, _ maximum: Int?, _ meter: WorkMeter) throws(GrammarError) -> Automaton {
        let last = maximum ?? minimum
        try meter.check(states: last)
        try meter.spend(last)
        var result = Automaton()
        for count in 0...last { result.addState(isFinal: count >= minimum) }
        for count in 0...last where count < last || maximum == nil {
            for range in SymbolSet.allScalars.ranges {
                let target = Int32(Swift.min(count + 1, last))
                result.append(Edge(low: range.lowerBound, high: range.upperBound, target: target), to: count)
            }
        }
        return result
    }

    /// Exactly the given texts.
    static func texts(_ texts: [String], _ meter: WorkMeter) throws(GrammarError) -> Automaton {
        var graph = Graph()
        for text in texts {
            var state = graph.start
            for scalar in text.unicodeScalars {
                let next = try graph.addState(meter)
                graph.edge(state, scalar.value...scalar.value, next)
                state = next
            }
            graph.jump(state, graph.end)
        }
        return try graph.determinized(meter)
    }

    /// What both accept.
    func intersection(_ other: Automaton, _ meter: WorkMeter) throws(GrammarError) -> Automaton {
        try product(other, meter, needsOther: true) { $0 && $1 }
    }

    /// What this accepts and `other` does not.
    func subtracting(_ other: Automaton, _ meter: WorkMeter) throws(GrammarError) -> Automaton {
        try product(other, meter, needsOther: false) { $0 && !$1 }
    }

    /// Runs both side by side; state −1 of `other` is the one from which it accepts nothing.
    private func product(
        _ other: Automaton, _ meter: WorkMeter, needsOther: Bool, _ isFinal: (Bool, Bool) -> Bool
    ) throws(GrammarError) -> Automaton {
        var result = Automaton()
        var numbers: [SIMD2<Int32>: Int32] = [:]
        var pairs = [SIMD2<Int32>(0, 0)]
        result.addState(isFinal: isFinal(self.isFinal[0], other.isFinal[0]))
        numbers[pairs[0]] = 0
        var index = 0
        while index < pairs.count {
            let theirs = pairs[index].y < 0 ? [] : other.edges[Int(pairs[index].y)]
            let steps = Self.overlaps(edges[Int(pairs[index].x)], theirs)
            try meter.spend(steps.count + theirs.count + 1)
            for (low, high, pair) in steps where pair.y >= 0 || !needsOther {
                var number = numbers[pair]
                if number == nil {
                    try meter.check(states: pairs.count)
                    let second = pair.y >= 0 && other.isFinal[Int(pair.y)]
                    number = result.addState(isFinal: isFinal(self.isFinal[Int(pair.x)], second))
                    numbers[pair] = number
                    pairs.append(pair)
                }
                result.append(Edge(low: low, high: high, target: number ?? 0), to: index)
            }
            index += 1
        }
        return result.trimmed()
    }

    /// The ranges of `ours`, cut where `theirs` begin and end.
    private static func overlaps(_ ours: [Edge], _ theirs: [Edge])
        -> [(low: UInt32, high: UInt32, pair: SIMD2<Int32>)]
    {
        var result: [(low: UInt32, high: UInt32, pair: SIMD2<Int32>)] = []
        var first = 0
        for edge in ours {
            var low = edge.low
            while first < theirs.count, theirs[first].high < low { first += 1 }
            var index = first
            while low <= edge.high {
                if index < theirs.count, theirs[index].low <= low {
                    let high = Swift.min(edge.high, theirs[index].high)
                    result.append((low, high, SIMD2(edge.target, theirs[index].target)))
                    low = high + 1
                    index += 1
                } else {
                    let gap = index < theirs.count ? Swift.min(edge.high, theirs[index].low - 1) : edge.high
                    result.append((low, gap, SIMD2(edge.target, -1)))
                    low = gap + 1
                }
            }
        }
        return result
    }
}
