import TerseJSON

extension SchemaCompiler {
    /// Arrays that obey all of `nodes`: state c of the graph is after c elements.
    mutating func array(_ nodes: [SchemaNode]) throws(GrammarError) -> Graph {
        let shape = try ArrayShape(nodes, meter)
        var graph = Graph()
        var state = graph.addState()
        graph.byte(graph.start, "[", state)
        let last = shape.maximum ?? max(shape.prefix.count, shape.minimum, 1)
        guard last <= meter.limits.repetitionMax else {
            let keyword = shape.maximum == nil ? "minItems" : "maxItems"
            throw (nodes.first { $0[keyword] != nil } ?? root).refusal(
                keyword, "is greater than \(meter.limits.repetitionMax)")
        }
        var rest: Int?
        for count in 0..<last {
            if count >= shape.minimum { graph.byte(state, "]", graph.end) }
            if count > 0 { state = try separator(",", after: state, &graph) }
            let next = try graph.addState(meter)
            if count < shape.prefix.count {
                graph.call(state, rule: try rule(for: shape.prefix[count]), next)
            } else {
                if rest == nil { rest = try rule(for: shape.rest) }
                graph.call(state, rule: rest ?? 0, next)
            }
            state = next
        }
        if last >= shape.minimum { graph.byte(state, "]", graph.end) }
        if shape.maximum == nil {
            let again = try separator(",", after: state, &graph)
            if rest == nil { rest = try rule(for: shape.rest) }
            graph.call(again, rule: rest ?? 0, state)
        }
        return graph
    }

    /// Objects that obey all of `nodes`: a row of states for each number of members so far that must be told apart, a column
    /// for each listed member.
    mutating func object(_ nodes: [SchemaNode]) throws(GrammarError) -> Graph {
        let shape = try ObjectShape(nodes, context)
        let most = shape.maximum.map { shape.others.isEmpty ? min($0, shape.members.count) : $0 }
        let last = max(most ?? 1, shape.minimum, 1)
        guard last < meter.limits.repetitionMax else {
            let keyword = shape.maximum == nil ? "minProperties" : "maxProperties"
            throw (nodes.first { $0[keyword] != nil } ?? root).refusal(
                keyword, "is not less than \(meter.limits.repetitionMax)")
        }
        let rows = last + 1
        var graph = Graph()
        var column: [Int32] = []
        for _ in 0..<rows { column.append(try graph.addState(meter)) }
        graph.byte(graph.start, "{", column[0])
        for member in shape.members {
            let value = try rule(for: member.schemas)
            var next: [Int32] = []
            for _ in 0..<rows { next.append(try graph.addState(meter)) }
            let name = JSONValue.string(member.name).serialized()
            for row in 0..<rows {
                if !member.isRequired { graph.jump(column[row], next[row]) }
                guard most == nil || row < most ?? 0 else { continue }
                let start = row > 0 ? try separator(",", after: column[row], &graph) : column[row]
                let named = try graph.addState(meter)
                try graph.path(start, name.utf8, named, meter)
                graph.call(try separator(":", after: named, &graph), rule: value, next[min(row + 1, rows - 1)])
            }
            column = next
        }
        for kind in shape.others {
            try addOthers(kind, nodes, rows: rows, most: most, column, &graph)
        }
        for row in 0..<rows where row >= shape.minimum && (most == nil || row <= most ?? 0) {
            graph.byte(column[row], "}", graph.end)
        }
        return graph
    }

    private mutating func addOthers(
        _ kind: ObjectShape.Others, _ nodes: [SchemaNode], rows: Int, most: Int?, _ column: [Int32],
        _ graph: inout Graph
    ) throws(GrammarError) {
        let value = try rule(for: kind.schemas)
        let key = RuleKey.name(nodes: Self.numbers(nodes), schemas: Self.numbers(kind.schemas))
        let name = try name(kind.names, key, nodes)
        for row in 0..<rows where most == nil || row < most ?? 0 {
            let start = row > 0 ? try separator(",", after: column[row], &graph) : column[row]
            let named = try graph.addState(meter)
            graph.call(start, rule: name, named)
            graph.call(try separator(":", after: named, &graph), rule: value, column[min(row + 1, rows - 1)])
        }
    }

    /// The state after a comma or colon and the white space that may follow it.
    private func separator(_ mark: Unicode.Scalar, after state: Int32, _ graph: inout Graph) throws(GrammarError)
        -> Int32
    {
        let marked = try graph.addState(meter)
        graph.byte(state, mark, marked)
        let spaced = try graph.addState(meter)
        graph.jump(marked, spaced)
        graph.byte(marked, " ", spaced)
        return spaced
    }

    /// The rule for any value that has at most `depth` arrays and objects inside one another.
    mutating func freeValue(depth: Int) throws(GrammarError) -> Int {
        try named(.freeValue(depth: depth)) { compiler throws(GrammarError) in
            let number = try compiler.named(.anyNumber) { compiler throws(GrammarError) in
                .automaton(try SchemaCompiler.anyNumber.get())
            }
            var choices: [Grammar.Expression] = [
                .text("null"), .text("true"), .text("false"), .rule(number), .rule(try compiler.freeString()),
            ]
            if depth > 0 {
                choices.append(.rule(try compiler.freeObject(depth: depth)))
                choices.append(.rule(try compiler.freeArray(depth: depth)))
            }
            return .choice(choices)
        }
    }

    /// The rule for any object that has at most `depth` arrays and objects inside one another, itself counted.
    mutating func freeObject(depth: Int) throws(GrammarError) -> Int {
        try named(.freeObject(depth: depth)) { compiler throws(GrammarError) in
            let value = try compiler.freeValue(depth: depth - 1)
            let name = try compiler.freeString()
            return .graph(
                try compiler.list("{", "}") { graph, from, to, compiler throws(GrammarError) in
                    let named = try graph.addState(compiler.meter)
                    graph.call(from, rule: name, named)
                    graph.call(try compiler.separator(":", after: named, &graph), rule: value, to)
                })
        }
    }

    private mutating func freeArray(depth: Int) throws(GrammarError) -> Int {
        try named(.freeArray(depth: depth)) { compiler throws(GrammarError) in
            let value = try compiler.freeValue(depth: depth - 1)
            return .graph(
                try compiler.list("[", "]") { graph, from, to, _ throws(GrammarError) in
                    graph.call(from, rule: value, to)
                })
        }
    }

    /// Any number of items between brackets.
    private func list(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar,
        _ item: (inout Graph, _ from: Int32, _ to: Int32, SchemaCompiler) throws(GrammarError) -> Void
    ) throws(GrammarError) -> Graph {
        var graph = Graph()
        let first = graph.addState()
        let after = graph.addState()
        graph.byte(graph.start, open, first)
        graph.byte(first, close, graph.end)
        try item(&graph, first, after, self)
        try item(&graph, try separator(",", after: after, &graph), after, self)
        graph.byte(after, close, graph.end)
        return graph
    }
}
