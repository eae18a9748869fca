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
    mutating func removeDeadEnds(root: Int) throws(GrammarError) {
        var isProductive = [Bool](repeating: false, count: automata.count)
        var callers = [[Int]](repeating: [], count: automata.count)
        for (rule, automaton) in automata.enumerated() {
            for called in Set(automaton.calls) { callers[called].append(rule) }
        }
        var waiting = Array(automata.indices)
        while let rule = waiting.popLast() {
            guard !isProductive[rule], automata[rule].reachesEnd(passing: isProductive) else { continue }
            isProductive[rule] = true
            waiting.append(contentsOf: callers[rule].filter { !isProductive[$0] })
        }
        guard isProductive[root] else {
            throw GrammarError(.matchesNothing, "no text fits the grammar: the rule \(names[root]) cannot end")
        }
        for rule in automata.indices {
            automata[rule] = automata[rule].trimmed { edge in
                edge.low < Graph.firstCall || isProductive[Int(edge.low - Graph.firstCall)]
            }
        }
    }

    /// - Throws: `.leftRecursion` with the rules of the circle.
    func refuseLeftRecursion() throws(GrammarError) {
        let isNullable = nullableRules()
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
                    let circle = path.map(\.rule).drop { $0 != called } + [called]
                    throw GrammarError(
                        .leftRecursion,
                        "the rule \(names[called]) begins with itself (\(circle.map { names[$0] }.joined(separator: " → "))): "
                            + "write the repetition with * or with the recursion at the end")
                }
                if state[called] == 0 {
                    state[called] = 1
                    path.append((called, 0))
                }
            }
        }
    }

    private func nullableRules() -> [Bool] {
        var isNullable = automata.map { !$0.isEmpty && $0.isFinal[0] }
        var callers = [[Int]](repeating: [], count: automata.count)
        for (rule, automaton) in automata.enumerated() {
            for called in Set(automaton.calls) { callers[called].append(rule) }
        }
        var waiting = isNullable.indices.filter { isNullable[$0] }
        while let rule = waiting.popLast() {
            for caller in callers[rule] where !isNullable[caller] && automata[caller].isNullable(isNullable) {
                isNullable[caller] = true
                waiting.append(caller)
            }
        }
        return isNullable
    }
}

extension Automaton {
    /// The rules that edges call.
    var calls: [Int] { edges.joined().flatMap { $0.called } }

    /// Whether a final state can be reached by bytes and by calls of rules that `passing` holds true.
    fileprivate func reachesEnd(passing: [Bool]) -> Bool {
        reach { edge in edge.low < Graph.firstCall || edge.called.contains { passing[$0] } }.contains { isFinal[$0] }
    }

    fileprivate func isNullable(_ isNullable: [Bool]) -> Bool {
        reach { edge in edge.called.contains { isNullable[$0] } }.contains { isFinal[$0] }
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
