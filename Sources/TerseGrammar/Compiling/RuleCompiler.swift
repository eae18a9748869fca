/// Turns the expression of a rule into an automaton over bytes and calls.
struct RuleCompiler {
    let ruleCount: Int
    let meter: WorkMeter
    private var graph = Graph()
    /// Expressions around the one that is looked at.
    private var depth = 0

    /// Expressions inside one another: for each group of a grammar's text a sequence, a choice and a repetition.
    private var depthMax: Int { meter.limits.groupDepthMax * 4 }

    init(ruleCount: Int, meter: WorkMeter) {
        self.ruleCount = ruleCount
        self.meter = meter
    }

    mutating func compile(_ rule: Grammar.Rule) throws(GrammarError) -> Automaton {
        if case .machine(let machine) = rule.expression, case .automaton(let automaton) = machine.form {
            return automaton
        }
        graph = Graph()
        depth = 0
        try add(rule.expression, graph.start, graph.end)
        return try graph.determinized(meter).minimized(meter)
    }

    private mutating func add(_ expression: Grammar.Expression, _ from: Int32, _ to: Int32) throws(GrammarError) {
        guard depth < depthMax else {
            throw GrammarError(.limitExceeded, "a rule has more than \(depthMax) expressions inside one another")
        }
        depth += 1
        defer { depth -= 1 }
        try meter.spend(1)
        try meter.check(states: graph.stateCount)
        switch expression {
        case .empty: graph.jump(from, to)
        case .characters(let set): try graph.characters(from, set, to, meter)
        case .bytes(let bytes): try graph.path(from, bytes, to, meter)
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
            case .graph(let inner): try graph.insert(inner, from: from, to: to, meter)
            case .automaton(let inner): try graph.insert(Graph(inner), from: from, to: to, meter)
            }
        }
    }

    private mutating func add(
        _ part: Grammar.Expression, _ minimum: Int, _ maximum: Int?, _ from: Int32, _ to: Int32
    ) throws(GrammarError) {
        let bound = max(minimum, maximum ?? 0)
        guard minimum >= 0, maximum ?? minimum >= minimum, bound <= meter.limits.repetitionMax else {
            throw GrammarError(
                .limitExceeded,
                "a repetition of \(minimum) to \(maximum.map(String.init) ?? "unlimited") times: bounds rise and go to "
                    + "\(meter.limits.repetitionMax)")
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
