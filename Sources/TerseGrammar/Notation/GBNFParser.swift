/// Reads grammars in GBNF, the notation of llama.cpp and its server's `grammar` field (its grammars/README.md):
///
///     root  ::= "yes" | "no" list?      # a comment
///     list  ::= ("," [a-z0-9]{1,8})+
///
/// Literals and classes know the escapes `\n \r \t \\ \" \[ \] \xHH \uHHHH \UHHHHHHHH`; `.` is any character, `[^…]` any
/// other. A rule ends at the end of its line, unless a parenthesis is open or the next line begins with `|`. Tokens by id
/// or name (`<…>`) are refused: they would bind a grammar to one model.
struct GBNFParser {
    private var cursor: TextCursor
    private let limits: GrammarLimits
    private var rules: [Grammar.Rule] = []
    private var isDefined: [Bool] = []
    private var numbers: [String: Int] = [:]
    /// Where each rule was first used.
    private var places: [Int] = []
    /// Groups that are open.
    private var depth = 0

    /// What was read, and how many groups and repetitions stand inside one another in it.
    private struct Part {
        var expression: Grammar.Expression
        var height = 0
    }

    init(_ text: String, limits: GrammarLimits) {
        cursor = TextCursor(text)
        self.limits = limits
    }

    mutating func parse(root: String) throws(GrammarError) -> Grammar {
        skipSpace(lines: true)
        while cursor.next != nil { try parseRule() }
        for (index, rule) in rules.enumerated() where !isDefined[index] {
            throw failure("the rule \(rule.name.shortened) is used but not defined", at: places[index], .undefinedRule)
        }
        guard let number = numbers[root] else {
            throw GrammarError(.undefinedRule, "the grammar defines no rule \(root), which the text would be")
        }
        return Grammar(rules: rules, root: number)
    }

    private mutating func parseRule() throws(GrammarError) {
        let place = cursor.offset
        let name = cursor.take { $0.isRuleName }
        guard !name.isEmpty else { throw unexpected("the name of a rule") }
        skipSpace(lines: false)
        guard cursor.take("::=") else { throw unexpected("::= after the name \(name.shortened)") }
        skipSpace(lines: true)
        let expression = try parseAlternatives().expression
        let number = try number(of: name, at: place)
        guard !isDefined[number] else { throw failure("the rule \(name.shortened) is defined twice", at: place) }
        guard cursor.next == nil || cursor.next == "\n" || cursor.next == "\r" else {
            throw unexpected("the end of the line, '|' or another part of the rule \(name.shortened)")
        }
        rules[number].expression = expression
        isDefined[number] = true
        skipSpace(lines: true)
    }

    private mutating func number(of name: String, at place: Int) throws(GrammarError) -> Int {
        if let number = numbers[name] { return number }
        guard rules.count < limits.rulesMax else {
            throw failure("more than \(limits.rulesMax) rules", at: place, .limitExceeded)
        }
        numbers[name] = rules.count
        rules.append(Grammar.Rule(name.shortened, .choice([])))
        isDefined.append(false)
        places.append(place)
        return rules.count - 1
    }

    private mutating func parseAlternatives() throws(GrammarError) -> Part {
        var alternatives = [try parseSequence()]
        while true {
            let place = cursor.offset
            skipSpace(lines: true)
            guard cursor.take("|") else {
                cursor.rewind(to: place)
                break
            }
            skipSpace(lines: true)
            alternatives.append(try parseSequence())
        }
        return alternatives.count == 1 ? alternatives[0] : Self.joined(alternatives) { .choice($0) }
    }

    private mutating func parseSequence() throws(GrammarError) -> Part {
        var parts: [Part] = []
        while let part = try parsePart() {
            skipSpace(lines: depth > 0)
            parts.append(try parseRepetition(of: part))
            skipSpace(lines: depth > 0)
        }
        return parts.count == 1 ? parts[0] : Self.joined(parts) { .sequence($0) }
    }

    private static func joined(_ parts: [Part], _ join: ([Grammar.Expression]) -> Grammar.Expression) -> Part {
        Part(expression: join(parts.map(\.expression)), height: parts.map(\.height).max() ?? 0)
    }

    private mutating func parsePart() throws(GrammarError) -> Part? {
        switch cursor.next {
        case "\"": return Part(expression: try parseLiteral())
        case "[": return Part(expression: .characters(try parseClass()))
        case ".":
            cursor.advance()
            return Part(expression: .characters(.allScalars))
        case "(": return try parseGroup()
        case "<", "!":
            throw failure("tokens by id or name are not supported: write their text as a literal", at: cursor.offset)
        case let scalar? where scalar.isRuleName:
            let place = cursor.offset
            let name = cursor.take { $0.isRuleName }
            return Part(expression: .rule(try number(of: name, at: place)))
        default: return nil
        }
    }

    private mutating func parseGroup() throws(GrammarError) -> Part {
        let place = cursor.offset
        guard depth < limits.groupDepthMax else { throw tooDeep(at: place) }
        depth += 1
        cursor.advance()
        skipSpace(lines: true)
        var inner = try parseAlternatives()
        skipSpace(lines: true)
        depth -= 1
        guard cursor.take(")") else { throw unexpected("')' for the '(' of \(describe(place))") }
        inner.height += 1
        return inner
    }

    private mutating func parseRepetition(of part: Part) throws(GrammarError) -> Part {
        var result = part
        while let scalar = cursor.next {
            let place = cursor.offset
            switch scalar {
            case "*": Self.repeat(&result, 0, nil)
            case "+": Self.repeat(&result, 1, nil)
            case "?": Self.repeat(&result, 0, 1)
            case "{":
                cursor.advance()
                let (minimum, maximum) = try parseBounds()
                guard minimum <= maximum ?? minimum, max(minimum, maximum ?? 0) <= limits.repetitionMax else {
                    throw failure(
                        "bounds of a repetition rise, up to \(limits.repetitionMax)", at: place, .limitExceeded)
                }
                Self.repeat(&result, minimum, maximum)
            default: return result
            }
            cursor.advance()
            guard result.height <= limits.groupDepthMax else { throw tooDeep(at: place) }
            skipSpace(lines: depth > 0)
        }
        return result
    }

    /// Makes `part` a repetition of itself. Stars, pluses and question marks on one another are one of them.
    private static func `repeat`(_ part: inout Part, _ minimum: Int, _ maximum: Int?) {
        if case .repetition(let inner, let least, let most) = part.expression, least <= 1, minimum <= 1,
            most ?? 1 == 1, maximum ?? 1 == 1
        {
            let isBounded = most != nil && maximum != nil
            part.expression = .repetition(inner, minimum: least * minimum, maximum: isBounded ? 1 : nil)
        } else {
            part.expression = .repetition(part.expression, minimum: minimum, maximum: maximum)
            part.height += 1
        }
    }

    private func tooDeep(at place: Int) -> GrammarError {
        failure(
            "more than \(limits.groupDepthMax) groups and repetitions inside one another", at: place, .limitExceeded)
    }

    /// Up to the closing brace, which is left.
    private mutating func parseBounds() throws(GrammarError) -> (Int, Int?) {
        skipSpace(lines: false)
        guard let minimum = cursor.takeNumber() else { throw unexpected("a number after '{'") }
        skipSpace(lines: false)
        guard cursor.take(",") else {
            guard cursor.next == "}" else { throw unexpected("',' or '}'") }
            return (minimum, minimum)
        }
        skipSpace(lines: false)
        let maximum = cursor.takeNumber()
        skipSpace(lines: false)
        guard cursor.next == "}" else { throw unexpected("'}'") }
        return (minimum, maximum)
    }

    private mutating func parseLiteral() throws(GrammarError) -> Grammar.Expression {
        let place = cursor.offset
        cursor.advance()
        var text = ""
        while cursor.next != "\"" {
            guard cursor.next != nil, cursor.next != "\n" else {
                throw failure("the literal has no closing quote", at: place)
            }
            text.unicodeScalars.append(try parseCharacter())
        }
        cursor.advance()
        return .text(text)
    }

    private mutating func parseClass() throws(GrammarError) -> SymbolSet {
        let place = cursor.offset
        cursor.advance()
        let isNegated = cursor.take("^")
        var ranges: [ClosedRange<UInt32>] = []
        while cursor.next != "]" {
            guard cursor.next != nil, cursor.next != "\n" else {
                throw failure("the class has no closing ']'", at: place)
            }
            let low = try parseCharacter().value
            guard cursor.next == "-", cursor.peek(1) != "]" else {
                ranges.append(low...low)
                continue
            }
            cursor.advance()
            let end = cursor.offset
            guard cursor.next != nil else { throw failure("the class has no closing ']'", at: place) }
            let high = try parseCharacter().value
            guard low <= high else { throw failure("a range that falls", at: end) }
            ranges.append(low...high)
        }
        cursor.advance()
        return isNegated ? SymbolSet(ranges).complement() : SymbolSet(ranges)
    }

    private mutating func parseCharacter() throws(GrammarError) -> Unicode.Scalar {
        let place = cursor.offset
        guard let scalar = cursor.next else { throw unexpected("a character") }
        cursor.advance()
        guard scalar == "\\" else { return scalar }
        let escape = cursor.next
        cursor.advance()
        switch escape {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "\\", "\"", "[", "]": return escape ?? "\\"
        case "x", "u", "U":
            let count = escape == "x" ? 2 : escape == "u" ? 4 : 8
            guard let value = cursor.takeHexadecimal(count), let scalar = Unicode.Scalar(value) else {
                throw failure("expected \(count) hexadecimal digits of a Unicode character", at: place)
            }
            return scalar
        default: throw failure("an escape that GBNF does not know", at: place)
        }
    }

    /// Passes blanks and comments, and ends of lines if `lines`.
    private mutating func skipSpace(lines: Bool) {
        while let scalar = cursor.next {
            switch scalar {
            case " ", "\t": cursor.advance()
            case "#": while cursor.next != nil, cursor.next != "\n", cursor.next != "\r" { cursor.advance() }
            case "\n", "\r":
                guard lines else { return }
                cursor.advance()
            default: return
            }
        }
    }

    private func unexpected(_ expected: String) -> GrammarError {
        failure("expected \(expected), found \(cursor.description)", at: cursor.offset)
    }

    private func failure(_ reason: String, at place: Int, _ code: GrammarError.Code = .syntax) -> GrammarError {
        GrammarError(code, "\(describe(place)): \(reason)")
    }

    private func describe(_ place: Int) -> String {
        let (line, column) = cursor.position(of: place)
        return "line \(line), column \(column)"
    }
}

extension Unicode.Scalar {
    fileprivate var isRuleName: Bool {
        isASCII && (properties.isAlphabetic || ("0"..."9").contains(self) || self == "-" || self == "_")
    }
}

extension Grammar {
    /// Reads a grammar in GBNF (llama.cpp's notation). The text fits the grammar when it is the rule `root`.
    ///
    /// - Throws: `GrammarError` with the line and the column.
    public static func gbnf(_ text: String, root: String = "root", limits: GrammarLimits = GrammarLimits())
        throws(GrammarError) -> Grammar
    {
        guard text.utf8.count <= limits.textBytesMax else {
            throw GrammarError(
                .limitExceeded, "the grammar has \(text.utf8.count) bytes, more than \(limits.textBytesMax)")
        }
        var parser = GBNFParser(text, limits: limits)
        return try parser.parse(root: root)
    }
}
