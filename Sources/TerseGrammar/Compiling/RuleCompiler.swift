/// Turns the expression of a rule into an automaton over bytes and calls.
struct RuleCompiler {
    let ruleCount: Int
    let meter: WorkMeter
    private var graph = Graph()

    init(ruleCount: Int, meter: WorkMeter) {
        self.ruleCount = ruleCount
        self.meter = meter
    }

    mutating func compile(_ rule: Grammar.Rule) throws(GrammarError) -> Automaton {
        if case .machine(let machine) = rule.expression, case .automaton(let automaton) = machine.form {
            return automaton
        }
        graph = Graph()
        try add(rule.expression, graph.start, graph.end)
        return try graph.determinized(meter).minimized(meter)
    }

    private mutating func add(_ expression: Grammar.Expression, _ from: Int32, _ to: Int32) throws(GrammarError) {
        try meter.spend(1)
        try meter.check(states: graph.stateCount)
        switch expression {
        case .empty: graph.jump(from, to)
        case .characters(let set): graph.characters(from, set, to)
        case .bytes(let bytes): graph.path(from, bytes, to)
        case .sequence(let parts):
            var state = from
            for part in parts {
                let next = graph.addState()
                try add(part, state, next)
                state = next
            }
            graph.jump(state, to)
        case .choice(let parts): for part in parts { try add(part, from, to) }
        case .repetition(let part, let minimum, let maximum): try add(part, minimum, maximum, from, to)
        case .rule(let index):
            guard (0..<ruleCount).contains(index) else {
                throw GrammarError(.undefinedRule, "there is no rule \(index): the grammar has \(ruleCount)")
            }
            graph.call(from, rule: index, to)
        case .machine(let machine):
            switch machine.form {
            case .graph(let inner): graph.insert(inner, from: from, to: to)
            case .automaton(let inner): graph.insert(Graph(inner), from: from, to: to)
            }
        }
    }

    private mutating func add(
        _ part: Grammar.Expression, _ minimum: Int, _ maximum: Int?, _ from: Int32, _ to: Int32
    ) throws(GrammarError) {
        let bound = max(minimum, maximum ?? 0)
        guard minimum >= 0, maximum ?? minimum >= minimum, bound <= meter.limits.maximumRepetition else {
            throw GrammarError(
                .limitExceeded,
                "a repetition of \(minimum) to \(maximum.map(String.init) ?? "unlimited") times: bounds rise and go to "
                    + "\(meter.limits.maximumRepetition)")
        }
        var state = from
        for _ in 0..<minimum {
            let next = graph.addState()
            try add(part, state, next)
            state = next
        }
        if let maximum {
            for _ in minimum..<maximum {
                graph.jump(state, to)
                let next = graph.addState()
                try add(part, state, next)
                state = next
            }
            graph.jump(state, to)
        } else {
            // A state of its own: the loop must not be entered from what else leads to `state`.
            let loop = graph.addState()
            graph.jump(state, loop)
            let back = graph.addState()
            try add(part, loop, back)
            graph.jump(back, loop)
            graph.jump(loop, to)
        }
    }
}
