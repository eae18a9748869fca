/// A deterministic automaton over ranges of symbols. A symbol without an edge ends the reading without success.
struct Automaton: Sendable {
    struct Edge: Sendable, Hashable {
        var low: UInt32
        var high: UInt32
        var target: Int32
    }

    /// Of each state, sorted and disjoint. State 0 is the first.
    private(set) var edges: [[Edge]] = []
    private(set) var isFinal: [Bool] = []

    var stateCount: Int { edges.count }
    /// Meaningful after `trimmed`, which every construction ends with.
    var isEmpty: Bool { !isFinal.contains(true) }

    @discardableResult
    mutating func addState(isFinal: Bool) -> Int32 {
        edges.append([])
        self.isFinal.append(isFinal)
        return Int32(edges.count - 1)
    }

    /// Edges of a state come in rising order; one that goes on where the last ended, and to the same place, widens it,
    /// unless the two are to stay apart.
    mutating func append(_ edge: Edge, to state: Int, widening: Bool = true) {
        if widening, let last = edges[state].last, last.target == edge.target, last.high &+ 1 == edge.low {
            edges[state][edges[state].count - 1].high = edge.high
        } else {
            edges[state].append(edge)
        }
    }

    /// Where `symbol` leads from `state`.
    func next(_ state: Int32, _ symbol: UInt32) -> Int32? {
        let edges = edges[Int(state)]
        var (first, end) = (0, edges.count)
        while first < end {
            let middle = (first + end) / 2
            if edges[middle].high < symbol { first = middle + 1 } else { end = middle }
        }
        return first < edges.count && edges[first].low <= symbol ? edges[first].target : nil
    }

    /// Whether the automaton accepts the scalars of `text`.
    func accepts(_ text: String) -> Bool {
        var state: Int32 = 0
        for scalar in text.unicodeScalars {
            guard let target = next(state, scalar.value) else { return false }
            state = target
        }
        return isFinal[Int(state)]
    }

    /// Without edges that `keeps` denies, and without states that are out of reach or lead nowhere.
    func trimmed(keeping keeps: (Edge) -> Bool = { _ in true }) -> Automaton {
        let leads = leadingStates(keeps)
        var result = Automaton()
        var numbers = [Int32](repeating: -1, count: edges.count)
        var order: [Int] = [0]
        numbers[0] = result.addState(isFinal: isFinal[0])
        var index = 0
        while index < order.count {
            let state = order[index]
            for edge in edges[state] where keeps(edge) && leads[Int(edge.target)] {
                if numbers[Int(edge.target)] < 0 {
                    numbers[Int(edge.target)] = result.addState(isFinal: isFinal[Int(edge.target)])
                    order.append(Int(edge.target))
                }
                let target = numbers[Int(edge.target)]
                result.append(Edge(low: edge.low, high: edge.high, target: target), to: index, widening: false)
            }
            index += 1
        }
        return result
    }

    /// Whether each state leads to a final one.
    private func leadingStates(_ keeps: (Edge) -> Bool) -> [Bool] {
        var sources = [[Int32]](repeating: [], count: edges.count)
        for state in edges.indices {
            for edge in edges[state] where keeps(edge) { sources[Int(edge.target)].append(Int32(state)) }
        }
        var leads = isFinal
        var waiting = isFinal.indices.filter { isFinal[$0] }
        while let state = waiting.popLast() {
            for source in sources[state] where !leads[Int(source)] {
                leads[Int(source)] = true
                waiting.append(Int(source))
            }
        }
        return leads
    }
}
