/// What must hold of the automata of all rules before they can be run: every state leads to an end, and no rule begins
/// with itself.
struct GrammarCheck {
    let names: [String]
    private(set) var automata: [Automaton]

    init(names: [String], automata: [Automaton]) {
        self.names = names
        self.automata = automata
    }

    /// Removes what no text can pass: calls of rules that match nothing, and what only they lead to.
    mutating func removeDeadEnds() throws(GrammarError) {
        let canEnd = rulesThatEnd(readingBytes: true)
        guard canEnd[0] else {
            // The rule to name is not one that calls a rule without an end, but that rule itself.
            var (rule, seen) = (0, Set([0]))
            while let called = automata[rule].calls.first(where: { !canEnd[$0] && seen.insert($0).inserted }) {
                rule = called
            }
            throw GrammarError(.matchesNothing, "no text fits the grammar: the rule \(names[rule]) cannot end")
        }
        for rule in automata.indices {
            automata[rule] = automata[rule].trimmed { edge in
                edge.low < Graph.firstCall || canEnd[Int(edge.low - Graph.firstCall)]
            }
        }
    }

    /// - Throws: `.leftRecursion` with the rules of the circle.
    func refuseLeftRecursion() throws(GrammarError) {
        let isNullable = rulesThatEnd(readingBytes: false)
        // Rules that may be called before any byte is read.
        let firstCalls = automata.map { $0.callsBeforeBytes(isNullable) }
        var state = [UInt8](repeating: 0, count: automata.count)  // 0 new, 1 on the path, 2 done
        for root in automata.indices where state[root] == 0 {
            var path: [(rule: Int, next: Int)] = [(root, 0)]
            state[root] = 1
            while let last = path.last {
                guard last.next < firstCalls[last.rule].count else {
                    state[last.rule] = 2
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let called = firstCalls[last.rule][last.next]
                if state[called] == 1 {
                    throw leftRecursion(path.map(\.rule).drop { $0 != called } + [called])
                }
                if state[called] == 0 {
                    state[called] = 1
                    path.append((called, 0))
                }
            }
        }
    }

    private func leftRecursion(_ circle: [Int]) -> GrammarError {
        var told = circle.prefix(Self.toldRulesMax).map { names[$0] }
        if told.count < circle.count { told.append("…") }
        return GrammarError(
            .leftRecursion,
            "the rule \(told[0]) begins with itself (\(told.joined(separator: " → "))): "
                + "write the repetition with * or with the recursion at the end")
    }

    /// Rules that a message names.
    private static let toldRulesMax = 8

    /// Whether each rule can be read to its end, by calls of such rules and, if `readingBytes`, by bytes. Every edge is
    /// looked at twice at most, from where it leads: once that leads to an end, and once the called rule does.
    private func rulesThatEnd(readingBytes: Bool) -> [Bool] {
        var canEnd = [Bool](repeating: false, count: automata.count)
        var leads = automata.map { [Bool](repeating: false, count: $0.stateCount) }
        var edges = automata.map { [[Source]](repeating: [], count: $0.stateCount) }
        var calls = [[(source: Place, target: Place)]](repeating: [], count: automata.count)
        for (rule, automaton) in automata.enumerated() {
            for (state, edge) in automaton.allEdges {
                let source = Place(rule: rule, state: state)
                if edge.low < Graph.firstCall, readingBytes {
                    edges[rule][Int(edge.target)].append(Source(place: source, called: nil))
                }
                for called in edge.called {
                    edges[rule][Int(edge.target)].append(Source(place: source, called: called))
                    calls[called].append((source, Place(rule: rule, state: Int(edge.target))))
                }
            }
        }
        var waiting: [Place] = []
        func mark(_ place: Place) {
            guard !leads[place.rule][place.state] else { return }
            leads[place.rule][place.state] = true
            waiting.append(place)
        }
        for (rule, automaton) in automata.enumerated() {
            for state in automaton.isFinal.indices where automaton.isFinal[state] {
                mark(Place(rule: rule, state: state))
            }
        }
        while let place = waiting.popLast() {
            for source in edges[place.rule][place.state] where source.called.map({ canEnd[$0] }) ?? true {
                mark(source.place)
            }
            guard place.state == 0, !canEnd[place.rule] else { continue }
            canEnd[place.rule] = true
            for call in calls[place.rule] where leads[call.target.rule][call.target.state] { mark(call.source) }
        }
        return canEnd
    }

    private struct Place {
        var rule: Int
        var state: Int
    }

    /// Where an edge comes from, and the rule that it calls.
    private struct Source {
        var place: Place
        var called: Int?
    }
}

extension Automaton {
    /// The rules that edges call.
    var calls: [Int] { edges.joined().flatMap { $0.called } }

    /// Every edge with the state that it leaves.
    fileprivate var allEdges: [(state: Int, edge: Edge)] {
        edges.indices.flatMap { state in edges[state].map { (state, $0) } }
    }

    fileprivate func callsBeforeBytes(_ isNullable: [Bool]) -> [Int] {
        let states = reach { edge in edge.called.contains { isNullable[$0] } }
        return Set(states.flatMap { edges[$0].flatMap(\.called) }).sorted()
    }

    private func reach(_ passes: (Edge) -> Bool) -> Set<Int> {
        var seen: Set<Int> = [0]
        var waiting = [0]
        while let state = waiting.popLast() {
            for edge in edges[state] where passes(edge) && seen.insert(Int(edge.target)).inserted {
                waiting.append(Int(edge.target))
            }
        }
        return seen
    }
}

extension Automaton.Edge {
    /// The rules that the edge calls: a range where several lead to one place.
    var called: [Int] {
        low < Graph.firstCall ? [] : (low...high).map { Int($0 - Graph.firstCall) }
    }
}
