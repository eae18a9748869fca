extension Parser {
    /// Constructs of Jinja and its extensions that chat templates have no use for.
    private static let unsupportedTags: Set<String> = [
        "include", "import", "from", "extends", "block", "autoescape", "do", "trans", "debug",
    ]

    /// Parses the statement whose name is the current token, up to its last tag's end.
    mutating func parseStatement(ends: [String]) throws(ChatError) -> [Statement] {
        let line = self.line
        guard case .name(let name) = current.kind else { throw unexpected("the name of a tag") }
        advance()
        let kind: Statement.Kind
        switch name {
        case "if": kind = try parseIf()
        case "for": kind = .loop(try parseFor())
        case "set": kind = try parseSet()
        case "macro": kind = .macro(try parseMacro())
        case "call": kind = try parseCallBlock()
        case "filter": kind = try parseFilterBlock()
        case "with": kind = try parseWith()
        case "generation": kind = .generation(try parseMacroBody("endgeneration").body)
        case "print": return try parsePrint(line: line)
        case "break", "continue":
            guard loopDepth > 0 else { throw failure(.syntax, "'\(name)' outside a loop", line: line) }
            kind = name == "break" ? .breakLoop : .continueLoop
        default:
            if Self.unsupportedTags.contains(name) {
                throw failure(.unsupported, "the tag '\(name)' is not supported in chat templates", line: line)
            }
            let expected = ends.isEmpty ? "a statement" : ends.map { "'\($0)'" }.joined(separator: " or ")
            throw failure(.syntax, "expected \(expected), found the unknown tag '\(name)'", line: line)
        }
        return [Statement(kind: kind, line: line)]
    }

    private mutating func parseIf() throws(ChatError) -> Statement.Kind {
        var branches: [(test: Expression, body: [Statement])] = []
        branchDepth += 1
        defer { branchDepth -= 1 }
        while true {
            let test = try parseTuple(allowsConditional: false)
            branches.append((test, try parseBlockBody(until: ["elif", "else", "endif"])))
            if skipName("elif") { continue }
            let otherwise = skipName("else") ? try parseBlockBody(until: ["endif"]) : []
            advance()
            return .condition(branches: branches, otherwise: otherwise)
        }
    }

    private mutating func parseFor() throws(ChatError) -> ForLoop {
        let line = self.line
        let target = try parseTarget(endsAtIn: true)
        guard !target.names.contains("loop") else {
            throw failure(.syntax, "cannot assign to 'loop' in a loop", line: line)
        }
        guard skipName("in") else { throw unexpected("'in'") }
        let iterable = try parseTuple(allowsConditional: false, end: "recursive")
        let test = skipName("if") ? try parseExpression() : nil
        let isRecursive = skipName("recursive")
        loopDepth += 1
        let body = try parseScopedBody(until: ["endfor", "else"])
        loopDepth -= 1
        let otherwise = skipName("else") ? try parseScopedBody(until: ["endfor"]) : []
        advance()
        return ForLoop(
            target: target, iterable: iterable, test: test, isRecursive: isRecursive, body: body, otherwise: otherwise)
    }

    private mutating func parseSet() throws(ChatError) -> Statement.Kind {
        let line = self.line
        let target = try parseTarget(allowsAttribute: true)
        if loopDepth > 0, target.names.contains("loop") {
            throw failure(.syntax, "cannot assign to 'loop' in a loop", line: line)
        }
        if skip("=") { return .assignment(target, try parseTuple()) }
        let filter = at("|") ? try parseFilters(nil) : nil
        return .blockAssignment(target, filter: filter, body: try parseBlock("endset"))
    }

    private mutating func parseMacro() throws(ChatError) -> MacroDefinition {
        let name = try expectAssignableName()
        let (parameters, defaults) = try parseParameters()
        let (body, special) = try parseMacroBody("endmacro")
        return MacroDefinition(
            name: name, parameters: parameters, defaults: defaults, body: body, specialNames: special)
    }

    private mutating func parseParameters() throws(ChatError) -> (names: [String], defaults: [Expression]) {
        var names: [String] = []
        var defaults: [Expression] = []
        try expect("(")
        while !at(")") {
            if !names.isEmpty { try expect(",") }
            let line = self.line
            names.append(try expectAssignableName())
            if skip("=") {
                defaults.append(try parseExpression())
            } else if !defaults.isEmpty {
                throw failure(.syntax, "a parameter without a default follows one with a default", line: line)
            }
        }
        advance()
        return (names, defaults)
    }

    /// A body that is called: loops outside it cannot be left from inside.
    private mutating func parseMacroBody(_ end: String) throws(ChatError) -> (body: [Statement], special: Set<String>) {
        let outerLoops = loopDepth
        loopDepth = 0
        specialNames.append([])
        let body = try parseBlock(end)
        loopDepth = outerLoops
        return (body, specialNames.removeLast())
    }

    private mutating func parseCallBlock() throws(ChatError) -> Statement.Kind {
        let line = self.line
        let (parameters, defaults) = at("(") ? try parseParameters() : ([], [])
        let call = try parseExpression()
        guard case .call = call.kind else { throw failure(.syntax, "expected the call of a macro", line: line) }
        let (body, special) = try parseMacroBody("endcall")
        let caller = MacroDefinition(
            name: nil, parameters: parameters, defaults: defaults, body: body, specialNames: special)
        return .call(caller, call)
    }

    private mutating func parseFilterBlock() throws(ChatError) -> Statement.Kind {
        let filter = try parseFilters(nil, startsInline: true)
        return .filterBlock(filter, body: try parseBlock("endfilter"))
    }

    private mutating func parseWith() throws(ChatError) -> Statement.Kind {
        var assignments: [(target: AssignmentTarget, value: Expression)] = []
        while current.kind != .blockEnd {
            if !assignments.isEmpty { try expect(",") }
            let target = try parseTarget()
            try expect("=")
            assignments.append((target, try parseExpression()))
        }
        return .with(assignments, body: try parseBlock("endwith"))
    }

    private mutating func parsePrint(line: Int) throws(ChatError) -> [Statement] {
        var outputs: [Statement] = []
        while current.kind != .blockEnd {
            if !outputs.isEmpty { try expect(",") }
            outputs.append(Statement(kind: .output(try parseExpression()), line: line))
        }
        return outputs
    }

    // MARK: Targets

    private static let reservedNames: Set<String> = ["true", "false", "none", "True", "False", "None"]

    private mutating func expectAssignableName() throws(ChatError) -> String {
        let line = self.line
        let name = try expectName()
        guard !Self.reservedNames.contains(name) else {
            throw failure(.syntax, "cannot assign to '\(name)'", line: line)
        }
        return name
    }

    private mutating func parseTarget(
        endsAtIn: Bool = false, allowsAttribute: Bool = false
    ) throws(ChatError) -> AssignmentTarget {
        let first = try parseSingleTarget(allowsAttribute: allowsAttribute)
        guard at(",") else { return first }
        var targets = [first]
        while skip(",") {
            if at("=") || at(")") || (endsAtIn && atName("in")) || current.kind == .blockEnd { break }
            targets.append(try parseSingleTarget(allowsAttribute: allowsAttribute))
        }
        return .tuple(targets)
    }

    private mutating func parseSingleTarget(allowsAttribute: Bool) throws(ChatError) -> AssignmentTarget {
        if skip("(") {
            try enter()
            defer { leave() }
            let target = try parseTarget()
            try expect(")")
            return target
        }
        let name = try expectAssignableName()
        if allowsAttribute, skip(".") { return .attribute(of: name, try expectName()) }
        return .name(name)
    }
}

extension AssignmentTarget {
    /// The variables that it sets.
    var names: [String] {
        switch self {
        case .name(let name): [name]
        case .attribute: []
        case .tuple(let targets): targets.flatMap(\.names)
        }
    }
}
