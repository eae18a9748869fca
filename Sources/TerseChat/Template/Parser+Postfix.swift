extension Parser {
    /// Attributes, subscripts and calls after a value.
    mutating func parsePostfix(_ start: Expression) throws(ChatError) -> Expression {
        var value = start
        while true {
            let line = self.line
            switch current.kind {
            case .symbol("."):
                advance()
                if case .integer(let position) = current.kind {
                    advance()
                    let index = try expression(.integer(position), line: line)
                    value = try expression(.item(value, index), [value], line: line)
                } else {
                    value = try expression(.attribute(value, try expectName()), [value], line: line)
                }
            case .symbol("["): value = try parseSubscript(of: value)
            case .symbol("("): value = try parseCall(of: value)
            default: return value
            }
        }
    }

    /// Filters, tests and calls after a value.
    mutating func parseFiltersAndTests(_ start: Expression) throws(ChatError) -> Expression {
        var value = start
        while true {
            if at("|") {
                value = try parseFilters(value)
            } else if atName("is") {
                value = try parseTest(of: value)
            } else if at("(") {
                value = try parseCall(of: value)
            } else {
                return value
            }
        }
    }

    private mutating func parseCall(of value: Expression) throws(ChatError) -> Expression {
        let line = self.line
        let arguments = try parseArguments()
        return try expression(.call(value, arguments), [value] + arguments.expressions, line: line)
    }

    private mutating func parseSubscript(of value: Expression) throws(ChatError) -> Expression {
        let line = self.line
        advance()
        if at("]") {
            advance()
            return try expression(.item(value, try expression(.tuple([]), line: line)), [value], line: line)
        }
        var indices: [Expression] = []
        while !at("]") {
            if !indices.isEmpty { try expect(",") }
            let first: Expression? = at(":") ? nil : try parseExpression()
            if at(":") {
                guard indices.isEmpty else { throw failure(.unsupported, "slices in several dimensions") }
                let slice = try parseSlice(of: value, start: first, line: line)
                guard at("]") else { throw unexpected("']'") }
                advance()
                return slice
            }
            if let first { indices.append(first) }
        }
        advance()
        let index = indices.count == 1 ? indices[0] : try expression(.tuple(indices), indices, line: line)
        return try expression(.item(value, index), [value, index], line: line)
    }

    /// At the first colon.
    private mutating func parseSlice(
        of value: Expression, start: Expression?, line: Int
    ) throws(ChatError) -> Expression {
        advance()
        var stop: Expression?
        var step: Expression?
        if !at(":"), !at("]"), !at(",") { stop = try parseExpression() }
        if skip(":"), !at("]"), !at(",") { step = try parseExpression() }
        return try expression(
            .slice(value, start: start, stop: stop, step: step), [value] + [start, stop, step].compactMap { $0 },
            line: line)
    }

    mutating func parseArguments() throws(ChatError) -> CallArguments {
        var arguments = CallArguments()
        try expect("(")
        var isFirst = true
        while !at(")") {
            if !isFirst {
                try expect(",")
                if at(")") { break }
            }
            isFirst = false
            try parseArgument(into: &arguments)
        }
        try expect(")")
        return arguments
    }

    private mutating func parseArgument(into arguments: inout CallArguments) throws(ChatError) {
        func require(_ isValid: Bool) throws(ChatError) {
            guard isValid else { throw failure(.syntax, "arguments out of order in a call") }
        }
        if at("*") {
            try require(arguments.spread == nil && arguments.keywordSpread == nil)
            advance()
            arguments.spread = try parseExpression()
        } else if at("**") {
            try require(arguments.keywordSpread == nil)
            advance()
            arguments.keywordSpread = try parseExpression()
        } else if case .name(let name) = current.kind, following.kind == .symbol("=") {
            try require(arguments.keywordSpread == nil)
            guard !arguments.keyword.contains(where: { $0.name == name }) else {
                throw failure(.syntax, "the argument '\(name)' is given twice")
            }
            advance()
            advance()
            arguments.keyword.append((name, try parseExpression()))
        } else {
            try require(arguments.spread == nil && arguments.keywordSpread == nil && arguments.keyword.isEmpty)
            arguments.positional.append(try parseExpression())
        }
    }

    /// A chain of filters.
    /// - Parameter startsInline: the first filter has no `|` before it (`{% filter name %}`).
    mutating func parseFilters(_ start: Expression?, startsInline: Bool = false) throws(ChatError) -> Expression {
        var value = start
        var isInline = startsInline
        while isInline || at("|") {
            if !isInline { advance() }
            isInline = false
            let line = self.line
            let name = try parseDottedName()
            if branchDepth == 0, Interpreter.filters[name] == nil {
                unknownNames.append(Interpreter.unknownFilter(name, line: line))
            }
            let arguments = at("(") ? try parseArguments() : CallArguments()
            value = try expression(
                .filter(value, name, arguments), (value.map { [$0] } ?? []) + arguments.expressions, line: line)
        }
        guard let value else { throw unexpected("a filter") }
        return value
    }

    private mutating func parseDottedName() throws(ChatError) -> String {
        var name = try expectName()
        while skip(".") { name += "." + (try expectName()) }
        return name
    }

    private mutating func parseTest(of value: Expression) throws(ChatError) -> Expression {
        let line = self.line
        advance()
        let isNegated = skipName("not")
        let name = try parseDottedName()
        if branchDepth == 0, Interpreter.tests[name] == nil {
            unknownNames.append(Interpreter.unknownTest(name, line: line))
        }
        var arguments = CallArguments()
        if at("(") {
            arguments = try parseArguments()
        } else if startsTestArgument {
            if atName("is") { throw failure(.syntax, "tests with 'is' cannot be chained") }
            try enter()
            defer { leave() }
            arguments.positional = [try parsePostfix(try parsePrimary())]
        }
        let test = try expression(.test(value, name, arguments), [value] + arguments.expressions, line: line)
        return isNegated ? try expression(.not(test), [test], line: line) : test
    }

    /// Whether the current token begins an argument without parentheses (`is divisibleby 3`).
    private var startsTestArgument: Bool {
        switch current.kind {
        case .name(let name): !["else", "or", "and"].contains(name)
        case .string, .integer, .float, .symbol("["), .symbol("{"): true
        default: false
        }
    }
}
