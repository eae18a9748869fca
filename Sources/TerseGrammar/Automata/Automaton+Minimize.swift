extension Automaton {
    /// Refinements after which `minimized` gives up: long counts would need one for each.
    private static let roundsMax = 100
    private static let statesMax = 4_000

    /// An automaton of the same language with as few states as any (Moore 1956), or the same one where that would take
    /// long.
    func minimized(_ meter: WorkMeter) throws(GrammarError) -> Automaton {
        guard stateCount <= Self.statesMax else { return self }
        var classes = isFinal.map { $0 ? Int32(1) : 0 }
        var count = Set(classes).count
        for _ in 0..<Self.roundsMax {
            var numbers: [[Int32]: Int32] = [:]
            var refined = classes
            for state in edges.indices {
                let signature = signature(of: state, classes)
                try meter.spend(signature.count)
                let number = numbers[signature] ?? Int32(numbers.count)
                numbers[signature] = number
                refined[state] = number
            }
            if numbers.count == count { return merged(refined, count) }
            count = numbers.count
            classes = refined
        }
        return self
    }

    /// The state's class and where its edges lead, edges to one class joined.
    private func signature(of state: Int, _ classes: [Int32]) -> [Int32] {
        var result = [classes[state]]
        var last: UInt32?
        for edge in edges[state] {
            let target = classes[Int(edge.target)]
            if let last, last &+ 1 == edge.low, result[result.count - 1] == target {
                result[result.count - 2] = Int32(bitPattern: edge.high)
            } else {
                result.append(contentsOf: [Int32(bitPattern: edge.low), Int32(bitPattern: edge.high), target])
            }
            last = edge.high
        }
        return result
    }

    private func merged(_ classes: [Int32], _ count: Int) -> Automaton {
        var representative = [Int](repeating: -1, count: count)
        for (state, number) in classes.enumerated() where representative[Int(number)] < 0 {
            representative[Int(number)] = state
        }
        // State 0 is first in its class, which is moved to the front.
        var position = [Int32](repeating: -1, count: count)
        let order = [Int(classes[0])] + (0..<count).filter { $0 != Int(classes[0]) }
        for (index, number) in order.enumerated() { position[number] = Int32(index) }
        var result = Automaton()
        for number in order { result.addState(isFinal: isFinal[representative[number]]) }
        for (index, number) in order.enumerated() {
            for edge in edges[representative[number]] {
                let target = position[Int(classes[Int(edge.target)])]
                result.append(Edge(low: edge.low, high: edge.high, target: target), to: index)
            }
        }
        return result
    }
}
