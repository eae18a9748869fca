extension Parser {
    /// One expression, or several with commas between them, which are a tuple.
    /// - Parameter end: a name that ends the tuple, besides the end of the tag and a closing parenthesis.
    mutating func parseTuple(
        allowsConditional: Bool = true, end: String? = nil, isParenthesized: Bool = false
    ) throws(ChatError) -> Expression {
        let line = self.line
        var elements: [Expression] = []
        var isTuple = false
        while true {
            if isTuple { try expect(",") }
            if current.kind == .variableEnd || current.kind == .blockEnd || at(")") { break }
            if let end, atName(end) { break }
            elements.append(try parseExpression(allowsConditional: allowsConditional))
            guard at(",") else { break }
            isTuple = true
        }
        if !isTuple {
            if let only = elements.first { return only }
            guard isParenthesized else { throw unexpected("an expression") }
        }
        return try expression(.tuple(elements), elements, line: line)
    }

    mutating func parseExpression(allowsConditional: Bool = true) throws(ChatError) -> Expression {
        try enter()
        defer { leave() }
        guard allowsConditional else { return try parseOr() }
        let line = self.line
        let knownErrors = unknownNames.count
        var value = try parseOr()
        guard atName("if") else { return value }
        while skipName("if") {
            let test = try parseOr()
            let otherwise = skipName("else") ? try parseExpression() : nil
            value = try expression(
                .conditional(test: test, then: value, otherwise: otherwise),
                [test, value] + (otherwise.map { [$0] } ?? []),
                line: line)
        }
        unknownNames.removeLast(unknownNames.count - knownErrors)
        return value
    }

    private mutating func parseOr() throws(ChatError) -> Expression {
        var left = try parseAnd()
        while atName("or") {
            let line = self.line
            advance()
            let right = try parseAnd()
            left = try expression(.or(left, right), [left, right], line: line)
        }
        return left
    }

    private mutating func parseAnd() throws(ChatError) -> Expression {
        var left = try parseNot()
        while atName("and") {
            let line = self.line
            advance()
            let right = try parseNot()
            left = try expression(.and(left, right), [left, right], line: line)
        }
        return left
    }

    private mutating func parseNot() throws(ChatError) -> Expression {
        let line = self.line
        guard skipName("not") else { return try parseComparison() }
        try enter()
        defer { leave() }
        let operand = try parseNot()
        return try expression(.not(operand), [operand], line: line)
    }

    private static let comparisons: Set<String> = ["==", "!=", "<", "<=", ">", ">="]

    private mutating func parseComparison() throws(ChatError) -> Expression {
        let line = self.line
        let first = try parseSum()
        var rest: [(operation: String, operand: Expression)] = []
        while true {
            if case .symbol(let symbol) = current.kind, Self.comparisons.contains(symbol) {
                advance()
                rest.append((symbol, try parseSum()))
            } else if skipName("in") {
                rest.append(("in", try parseSum()))
            } else if atName("not"), following.kind == .name("in") {
                advance()
                advance()
                rest.append(("not in", try parseSum()))
            } else {
                break
            }
        }
        guard !rest.isEmpty else { return first }
        return try expression(.comparison(first, rest), [first] + rest.map(\.operand), line: line)
    }

    private mutating func parseSum() throws(ChatError) -> Expression {
        var left = try parseConcatenation()
        while case .symbol(let symbol) = current.kind, symbol == "+" || symbol == "-" {
            let line = self.line
            advance()
            let right = try parseConcatenation()
            left = try expression(.binary(symbol, left, right), [left, right], line: line)
        }
        return left
    }

    private mutating func parseConcatenation() throws(ChatError) -> Expression {
        let line = self.line
        var parts = [try parseProduct()]
        while skip("~") { parts.append(try parseProduct()) }
        return parts.count == 1 ? parts[0] : try expression(.concatenation(parts), parts, line: line)
    }

    private static let products: Set<String> = ["*", "/", "//", "%"]

    private mutating func parseProduct() throws(ChatError) -> Expression {
        var left = try parsePower()
        while case .symbol(let symbol) = current.kind, Self.products.contains(symbol) {
            let line = self.line
            advance()
            let right = try parsePower()
            left = try expression(.binary(symbol, left, right), [left, right], line: line)
        }
        return left
    }

    /// Binds to the left, unlike Python's.
    private mutating func parsePower() throws(ChatError) -> Expression {
        var left = try parseUnary()
        while at("**") {
            let line = self.line
            advance()
            let right = try parseUnary()
            left = try expression(.binary("**", left, right), [left, right], line: line)
        }
        return left
    }

    private mutating func parseUnary(takesFilters: Bool = true) throws(ChatError) -> Expression {
        let line = self.line
        var value: Expression
        if at("-") || at("+") {
            let isNegative = at("-")
            advance()
            try enter()
            defer { leave() }
            let operand = try parseUnary(takesFilters: false)
            value = try expression(isNegative ? .negative(operand) : .positive(operand), [operand], line: line)
        } else {
            value = try parsePrimary()
        }
        value = try parsePostfix(value)
        return takesFilters ? try parseFiltersAndTests(value) : value
    }

    private static let specialNames: Set<String> = ["caller", "varargs", "kwargs"]

    mutating func parsePrimary() throws(ChatError) -> Expression {
        let line = self.line
        switch current.kind {
        case .name(let name):
            advance()
            return try expression(literalOrName(name), line: line)
        case .string(var text):
            advance()
            while case .string(let more) = current.kind {
                text += more
                advance()
            }
            return try expression(.string(text), line: line)
        case .integer(let value):
            advance()
            return try expression(.integer(value), line: line)
        case .float(let value):
            advance()
            return try expression(.number(value), line: line)
        case .symbol("("):
            advance()
            let value = try parseTuple(isParenthesized: true)
            try expect(")")
            return value
        case .symbol("["): return try parseList()
        case .symbol("{"): return try parseDictionary()
        default: throw unexpected("an expression")
        }
    }

    private mutating func literalOrName(_ name: String) -> Expression.Kind {
        switch name {
        case "true", "True": return .bool(true)
        case "false", "False": return .bool(false)
        case "none", "None": return .none
        default:
            if Self.specialNames.contains(name) {
                for index in specialNames.indices { specialNames[index].insert(name) }
            }
            return .name(name)
        }
    }

    private mutating func parseList() throws(ChatError) -> Expression {
        let line = self.line
        advance()
        var elements: [Expression] = []
        while !at("]") {
            if !elements.isEmpty { try expect(",") }
            if at("]") { break }
            elements.append(try parseExpression())
        }
        advance()
        return try expression(.list(elements), elements, line: line)
    }

    private mutating func parseDictionary() throws(ChatError) -> Expression {
        let line = self.line
        advance()
        var members: [(key: Expression, value: Expression)] = []
        while !at("}") {
            if !members.isEmpty { try expect(",") }
            if at("}") { break }
            let key = try parseExpression()
            try expect(":")
            members.append((key, try parseExpression()))
        }
        advance()
        return try expression(.dictionary(members), members.flatMap { [$0.key, $0.value] }, line: line)
    }
}
