/// How a run of statements ended.
enum Flow {
    case normal, breakLoop, continueLoop
}

extension Interpreter {
    func execute(_ statements: [Statement]) throws(ChatError) -> Flow {
        try enter()
        defer { leave() }
        for statement in statements {
            line = statement.line
            let flow = try execute(statement)
            if flow != .normal { return flow }
        }
        return .normal
    }

    private func execute(_ statement: Statement) throws(ChatError) -> Flow {
        switch statement.kind {
        case .text(let text): try write(text)
        case .output(let expression): try write(try evaluate(expression))
        case .assignment(let target, let expression): try assign(try evaluate(expression), to: target)
        case .blockAssignment(let target, let filter, let body):
            let (flow, text) = try capture { () throws(ChatError) in try self.executeScoped(body) }
            guard flow == .normal else { return flow }
            var value = Value.string(text)
            if let filter { value = try evaluateFilter(filter, of: value) }
            try assign(value, to: target)
        case .condition(let branches, let otherwise):
            for branch in branches where try evaluate(branch.test).isTrue { return try execute(branch.body) }
            return otherwise.isEmpty ? .normal : try execute(otherwise)
        case .loop(let loop): try execute(loop, over: try evaluate(loop.iterable), depth0: 0)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        case .macro(let definition):
            scope.variables[definition.name ?? ""] = .function(.macro(try makeMacro(definition)))
        case .call(let definition, let call): try executeCall(definition, call)
        case .filterBlock(let filter, let body):
            let (flow, text) = try capture { () throws(ChatError) in try self.executeScoped(body) }
            guard flow == .normal else { return flow }
            try write(try evaluateFilter(filter, of: .string(text)))
        case .with(let assignments, let body): return try executeWith(assignments, body)
        case .generation(let body): _ = try executeScoped(body)
        }
        return .normal
    }

    /// Runs statements in a scope of their own.
    private func executeScoped(_ body: [Statement]) throws(ChatError) -> Flow {
        let outer = scope
        scope = Scope(parent: outer)
        defer { scope = outer }
        return try execute(body)
    }

    private func executeWith(
        _ assignments: [(target: AssignmentTarget, value: Expression)], _ body: [Statement]
    ) throws(ChatError) -> Flow {
        var values: [Value] = []
        for assignment in assignments { values.append(try evaluate(assignment.value)) }
        let outer = scope
        scope = Scope(parent: outer)
        defer { scope = outer }
        for (assignment, value) in zip(assignments, values) { try assign(value, to: assignment.target) }
        return try execute(body)
    }

    private func executeCall(_ definition: MacroDefinition, _ call: Expression) throws(ChatError) {
        guard case .call(let callee, let arguments) = call.kind else { return }
        let function = try evaluate(callee)
        var values = try evaluate(arguments)
        guard !values.keyword.contains(where: { $0.name == "caller" }) else {
            throw failure("the argument 'caller' is given twice")
        }
        values.keyword.append(("caller", .function(.macro(try makeMacro(definition)))))
        try write(try self.call(function, values))
    }

    // MARK: Loops

    /// - Parameter depth0: how many recursions of the same loop are round this one.
    func execute(_ loop: ForLoop, over iterable: Value, depth0: Int) throws(ChatError) {
        let outer = scope
        defer { scope = outer }
        var source = try makeIterator(iterable)
        var count = iterable.count
        if let test = loop.test {
            source = filtered(source, by: test, target: loop.target, scope: outer)
            count = nil
        }
        let context = LoopContext(
            source: source, count: count, depth0: depth0, recursion: loop.isRecursive ? (loop, outer) : nil)
        while let element = try context.next() {
            try charge(1)
            scope = Scope(parent: outer)
            scope.variables["loop"] = .loop(context)
            try assign(element, to: loop.target)
            if try execute(loop.body) == .breakLoop { break }
        }
        scope = outer
        if context.index0 < 0, !loop.otherwise.isEmpty {
            scope = Scope(parent: outer)
            _ = try execute(loop.otherwise)
        }
    }

    /// Elements that pass a loop's `if`, tested when each is asked for.
    private func filtered(
        _ source: ValueIterator, by test: Expression, target: AssignmentTarget, scope outer: Scope
    ) -> ValueIterator {
        ValueIterator(depth: source.depth) { [unowned self] () throws(ChatError) in
            while let element = try source.next() {
                let saved = self.scope
                defer { self.scope = saved }
                self.scope = Scope(parent: outer)
                self.scope.variables["loop"] = .undefined(.name("loop"))
                try self.assign(element, to: target)
                if try self.evaluate(test).isTrue { return element }
            }
            return nil
        }
    }

    // MARK: Assignment

    func assign(_ value: Value, to target: AssignmentTarget) throws(ChatError) {
        switch target {
        case .name(let name): scope.variables[name] = value
        case .attribute(let object, let name):
            guard case .namespace(let namespace)? = scope.lookup(object) else {
                throw failure("cannot assign attribute on non-namespace object '\(object)'")
            }
            try checkAttribute(name)
            try set(.string(name), value, in: &namespace.attributes)
        case .tuple(let targets):
            let values = try elements(of: value, limit: targets.count + 1)
            guard values.count == targets.count else {
                let found = values.count > targets.count ? "more" : "\(values.count)"
                throw failure("expected \(targets.count) values to unpack, found \(found)")
            }
            for (target, value) in zip(targets, values) { try assign(value, to: target) }
        }
    }

    /// Namespaces refuse names that begin with an underscore.
    func checkAttribute(_ name: String) throws(ChatError) {
        guard !name.hasPrefix("_") else {
            throw failure("a namespace cannot hold the attribute '\(name)', which begins with an underscore")
        }
    }

    // MARK: Output

    func write(_ text: String) throws(ChatError) {
        try checkSize(text.utf8.count)
        guard output.count + text.utf8.count <= limits.maximumOutputBytes else {
            throw failure("output of more than \(limits.maximumOutputBytes) bytes", .limitExceeded)
        }
        output.append(contentsOf: text.utf8)
    }

    func write(_ value: Value) throws(ChatError) { try write(try text(of: value)) }

    /// What `body` prints.
    func capture<Result>(_ body: () throws(ChatError) -> Result) throws(ChatError) -> (Result, String) {
        let outer = output
        output = []
        defer { output = outer }
        let result = try body()
        return (result, String(decoding: output, as: UTF8.self))
    }
}
