import TerseJSON

extension SchemaCompiler {
    /// Arrays that obey all of `nodes`: state c of the graph is after c elements.
    mutating func array(_ nodes: [SchemaNode]) throws(GrammarError) -> Graph {
        let shape = try ArrayShape(nodes)
        var graph = Graph()
        var state = graph.addState()
        graph.path(graph.start, [UInt8(ascii: "[")], state)
        let last = shape.maximum ?? max(shape.prefix.count, shape.minimum, 1)
        guard last <= meter.limits.maximumRepetition else {
            let keyword = shape.maximum == nil ? "minItems" : "maxItems"
            throw (nodes.first { $0[keyword] != nil } ?? document.root).refusal(
                keyword, "is greater than \(meter.limits.maximumRepetition)")
        }
        var rest: Int?
        for count in 0..<last {
            if count >= shape.minimum { graph.path(state, [UInt8(ascii: "]")], graph.end) }
            if count > 0 { state = separator(",", after: state, &graph) }
            let next = try graph.addState(meter)
            if count < shape.prefix.count {
                graph.call(state, rule: try rule(for: shape.prefix[count]), next)
            } else {
                if rest == nil { rest = try rule(for: shape.rest) }
                graph.call(state, rule: rest ?? 0, next)
            }
            state = next
        }
        if last >= shape.minimum { graph.path(state, [UInt8(ascii: "]")], graph.end) }
        if shape.maximum == nil {
            let again = separator(",", after: state, &graph)
            if rest == nil { rest = try rule(for: shape.rest) }
            graph.call(again, rule: rest ?? 0, state)
        }
        return graph
    }

    /// Objects that obey all of `nodes`: a row of states for each number of members so far that must be told apart, a column
    /// for each listed member.
    mutating func object(_ nodes: [SchemaNode]) throws(GrammarError) -> Graph {
        let shape = try ObjectShape(nodes, document: document, meter)
        let most = shape.maximum.map { shape.others.isEmpty ? min($0, shape.members.count) : $0 }
        let rows = max(most ?? 1, shape.minimum, 1) + 1
        guard rows <= meter.limits.maximumRepetition, rows * (shape.members.count + 1) <= meter.limits.maximumRuleStates
        else {
            let keyword = shape.maximum == nil ? "minProperties" : "maxProperties"
            throw (nodes.first { $0[keyword] != nil } ?? document.root).refusal(
                keyword, "is greater than \(meter.limits.maximumRepetition)")
        }
        var graph = Graph()
        var column = (0..<rows).map { _ in graph.addState() }
        graph.path(graph.start, [UInt8(ascii: "{")], column[0])
        for member in shape.members {
            let value = try rule(for: member.schemas)
            let next = (0..<rows).map { _ in graph.addState() }
            let name = JSONValue.string(member.name).serialized()
            for row in 0..<rows {
                if !member.isRequired { graph.jump(column[row], next[row]) }
                guard most == nil || row < most ?? 0 else { continue }
                let start = row > 0 ? separator(",", after: column[row], &graph) : column[row]
                let named = try graph.addState(meter)
                graph.path(start, Array(name.utf8), named)
                graph.call(separator(":", after: named, &graph), rule: value, next[min(row + 1, rows - 1)])
            }
            column = next
        }
        for kind in shape.others {
            try addOthers(kind, rows: rows, most: most, column, key: nodes, &graph)
        }
        for row in 0..<rows where row >= shape.minimum && (most == nil || row <= most ?? 0) {
            graph.path(column[row], [UInt8(ascii: "}")], graph.end)
        }
        return graph
    }

    private mutating func addOthers(
        _ kind: ObjectShape.Others, rows: Int, most: Int?, _ column: [Int32], key nodes: [SchemaNode],
        _ graph: inout Graph
    ) throws(GrammarError) {
        let value = try rule(for: kind.schemas)
        let key =
            nodes.map(\.pointer).joined(separator: " ") + " for " + kind.schemas.map(\.pointer).joined(separator: " ")
        let name = try name(kind.names, key)
        for row in 0..<rows where most == nil || row < most ?? 0 {
            let start = row > 0 ? separator(",", after: column[row], &graph) : column[row]
            let named = try graph.addState(meter)
            graph.call(start, rule: name, named)
            graph.call(separator(":", after: named, &graph), rule: value, column[min(row + 1, rows - 1)])
        }
    }

    /// The state after a comma or colon and the white space that may follow it.
    private func separator(_ mark: Unicode.Scalar, after state: Int32, _ graph: inout Graph) -> Int32 {
        let marked = graph.addState()
        graph.path(state, [UInt8(ascii: mark)], marked)
        guard options.whiteSpace == .single else { return marked }
        let spaced = graph.addState()
        graph.jump(marked, spaced)
        graph.path(marked, [UInt8(ascii: " ")], spaced)
        return spaced
    }

    /// The rule for any value that has at most `depth` arrays and objects inside one another.
    mutating func freeValue(depth: Int) throws(GrammarError) -> Int {
        try named("value \(depth)") { compiler throws(GrammarError) in
            let number = try compiler.named("number false") { compiler throws(GrammarError) in
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
        try named("object \(depth)") { compiler throws(GrammarError) in
            let value = try compiler.freeValue(depth: depth - 1)
            let name = try compiler.freeString()
            return .graph(
                compiler.list("{", "}") { graph, from, to, compiler in
                    let named = graph.addState()
                    graph.call(from, rule: name, named)
                    graph.call(compiler.separator(":", after: named, &graph), rule: value, to)
                })
        }
    }

    private mutating func freeArray(depth: Int) throws(GrammarError) -> Int {
        try named("array \(depth)") { compiler throws(GrammarError) in
            let value = try compiler.freeValue(depth: depth - 1)
            return .graph(compiler.list("[", "]") { graph, from, to, _ in graph.call(from, rule: value, to) })
        }
    }

    /// Any number of items between brackets.
    private func list(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar,
        _ item: (inout Graph, _ from: Int32, _ to: Int32, SchemaCompiler) -> Void
    ) -> Graph {
        var graph = Graph()
        let first = graph.addState()
        let after = graph.addState()
        graph.path(graph.start, [UInt8(ascii: open)], first)
        graph.path(first, [UInt8(ascii: close)], graph.end)
        item(&graph, first, after, self)
        item(&graph, separator(",", after: after, &graph), after, self)
        graph.path(after, [UInt8(ascii: close)], graph.end)
        return graph
    }
}
