/// Recursive descent from tokens to statements; the grammar is Jinja 3's with loop controls and `generation` blocks.
struct Parser {
    let tokens: [Token]
    let limits: TemplateLimits
    var index = 0
    /// Blocks and expressions open round the current token.
    var nesting = 0
    /// Loops round the current statement, within its macro.
    var loopDepth = 0
    /// For each macro round the current token, the special names it reads.
    var specialNames: [Set<String>] = []
    /// Greater than zero directly within branches, where an unknown filter or test fails only when it is met, as in Jinja.
    var branchDepth = 0
    /// Errors about filters and tests that do not exist, outside branches.
    var unknownNames: [ChatError] = []

    init(tokens: [Token], limits: TemplateLimits) {
        self.tokens = tokens
        self.limits = limits
    }

    static func parse(_ source: String, limits: TemplateLimits) throws(ChatError) -> [Statement] {
        guard source.utf8.count <= limits.maximumTemplateBytes else {
            throw ChatError(
                .limitExceeded,
                "the template has \(source.utf8.count) bytes, more than the limit of \(limits.maximumTemplateBytes)")
        }
        var lexer = Lexer(source)
        var parser = Parser(tokens: try lexer.tokenize(), limits: limits)
        let statements = try parser.parseBody(until: [])
        guard parser.current.kind == .end else { throw parser.unexpected("the end of the template") }
        if let error = parser.unknownNames.first { throw error }
        return statements
    }

    // MARK: Tokens

    var current: Token { tokens[index] }

    /// The token after the current one.
    var following: Token { tokens[min(index + 1, tokens.count - 1)] }

    var line: Int { current.line }

    mutating func advance() { if index < tokens.count - 1 { index += 1 } }

    func at(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }

    func atName(_ name: String) -> Bool { current.kind == .name(name) }

    mutating func skip(_ symbol: String) -> Bool {
        guard at(symbol) else { return false }
        advance()
        return true
    }

    mutating func skipName(_ name: String) -> Bool {
        guard atName(name) else { return false }
        advance()
        return true
    }

    mutating func expect(_ symbol: String) throws(ChatError) {
        guard skip(symbol) else { throw unexpected("'\(symbol)'") }
    }

    mutating func expectName() throws(ChatError) -> String {
        guard case .name(let name) = current.kind else { throw unexpected("a name") }
        advance()
        return name
    }

    mutating func expect(_ kind: Token.Kind) throws(ChatError) {
        guard current.kind == kind else { throw unexpected(Token(kind: kind, line: 0).description) }
        advance()
    }

    func unexpected(_ expected: String) -> ChatError {
        ChatError(.syntax, "expected \(expected), found \(current.description)", line: line)
    }

    func failure(_ code: ChatError.Code = .syntax, _ reason: String, line: Int? = nil) -> ChatError {
        ChatError(code, reason, line: line ?? self.line)
    }

    mutating func enter() throws(ChatError) {
        nesting += 1
        guard nesting <= limits.maximumNesting else {
            throw failure(
                .limitExceeded, "more than \(limits.maximumNesting) blocks and expressions inside one another")
        }
    }

    mutating func leave() { nesting -= 1 }

    /// - Parameter parts: the expressions inside the new one.
    func expression(_ kind: Expression.Kind, _ parts: [Expression] = [], line: Int) throws(ChatError) -> Expression {
        let depth = 1 + (parts.lazy.map(\.depth).max() ?? 0)
        guard depth <= limits.maximumNesting else {
            throw failure(
                .limitExceeded, "more than \(limits.maximumNesting) expressions inside one another", line: line)
        }
        return Expression(kind, line: line, depth: depth)
    }

    // MARK: Bodies

    /// Statements up to a tag that begins with one of `ends`, which stays the current token, or to the template's end.
    mutating func parseBody(until ends: [String]) throws(ChatError) -> [Statement] {
        try enter()
        defer { leave() }
        var statements: [Statement] = []
        while true {
            let line = self.line
            switch current.kind {
            case .data(let text):
                advance()
                statements.append(Statement(kind: .text(text), line: line))
            case .variableBegin:
                advance()
                let value = try parseTuple()
                try expect(.variableEnd)
                statements.append(Statement(kind: .output(value), line: line))
            case .blockBegin:
                advance()
                if case .name(let name) = current.kind, ends.contains(name) { return statements }
                statements += try parseStatement(ends: ends)
                try expect(.blockEnd)
            default:
                guard ends.isEmpty else { throw unexpected(ends.map { "'{% \($0) %}'" }.joined(separator: " or ")) }
                return statements
            }
        }
    }

    /// The rest of a block tag's head, and the statements after it.
    mutating func parseBlockBody(until ends: [String]) throws(ChatError) -> [Statement] {
        _ = skip(":")
        try expect(.blockEnd)
        return try parseBody(until: ends)
    }

    /// The body of a block with a scope of its own, past the name of the ending tag.
    mutating func parseBlock(_ end: String) throws(ChatError) -> [Statement] {
        let body = try parseScopedBody(until: [end])
        advance()
        return body
    }

    /// As `parseBlockBody(until:)`; a branch round the block does not count within.
    mutating func parseScopedBody(until ends: [String]) throws(ChatError) -> [Statement] {
        let outerBranches = branchDepth
        branchDepth = 0
        let body = try parseBlockBody(until: ends)
        branchDepth = outerBranches
        return body
    }
}
