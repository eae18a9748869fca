/// Reads regular expressions of ECMA-262 (2024, 22.2.1 with the `u` flag, which JSON Schema recommends) into automata over
/// Unicode scalars.
///
/// Dialects of validators differ where they are least expected: Python's `\d` is every Unicode digit, its `.` a carriage
/// return too, its `$` holds before a last line feed. So there are two readings: `sure`, what every dialect matches, and
/// `possible`, what any matches. They differ outside of ASCII alone, but for `.` and `$`.
struct PatternParser {
    enum Reading: Sendable { case sure, possible }

    private var cursor: TextCursor
    private let reading: Reading
    private let meter: WorkMeter
    private var graph = Graph()
    private var depth = 0

    private init(_ pattern: String, _ reading: Reading, _ meter: WorkMeter) {
        cursor = TextCursor(pattern)
        self.reading = reading
        self.meter = meter
    }

    /// The texts in which `pattern` matches somewhere, as JSON Schema's `pattern` means it: without `^` and `$` anything may
    /// stand before and after.
    static func automaton(_ pattern: String, _ reading: Reading, _ meter: WorkMeter) throws(GrammarError) -> Automaton {
        guard pattern.utf8.count <= meter.limits.textBytesMax else {
            throw GrammarError(.limitExceeded, "a regular expression of \(pattern.utf8.count) bytes")
        }
        var parser = PatternParser(pattern, reading, meter)
        let first = try parser.graph.addState(meter)
        let last = try parser.graph.addState(meter)
        parser.graph.jump(parser.graph.start, first)
        parser.graph.edges(parser.graph.start, .allScalars, parser.graph.start)
        parser.graph.edges(parser.graph.end, .allScalars, parser.graph.end)
        parser.graph.jump(last, parser.graph.end)
        try parser.parseAlternatives(first, last)
        guard parser.cursor.next == nil else { throw parser.unexpected("the end of the pattern") }
        return try parser.graph.determinized(meter).minimized(meter)
    }

    private mutating func parseAlternatives(_ from: Int32, _ to: Int32) throws(GrammarError) {
        repeat { try parseSequence(from, to) } while cursor.take("|")
    }

    private mutating func parseSequence(_ from: Int32, _ to: Int32) throws(GrammarError) {
        var state = from
        while let scalar = cursor.next, scalar != "|", scalar != ")" {
            let next = try graph.addState(meter)
            if let condition = try parseAnchor() {
                anchor(condition, state, next)
            } else {
                try parseTerm(state, next)
            }
            state = next
        }
        graph.jump(state, to)
    }

    private mutating func anchor(_ condition: Graph.Condition, _ from: Int32, _ to: Int32) {
        graph.jump(from, to, when: condition)
        if condition == .atEnd, reading == .possible {
            let middle = graph.addState()
            graph.edges(from, SymbolSet(0x0A), middle)
            graph.jump(middle, to, when: .atEnd)
        }
    }

    private mutating func parseAnchor() throws(GrammarError) -> Graph.Condition? {
        let place = cursor.offset
        var condition: Graph.Condition?
        if cursor.take("^") { condition = .atBeginning }
        if condition == nil, cursor.take("$") { condition = .atEnd }
        guard let condition else { return nil }
        if let next = cursor.next, "*+?{".unicodeScalars.contains(next) {
            throw unsupported("a repeated ^ or $", at: place)
        }
        return condition
    }

    /// An atom and how often it stands: what it became is copied for each time.
    private mutating func parseTerm(_ from: Int32, _ to: Int32) throws(GrammarError) {
        let mark = graph.stateCount
        let inner = try graph.addState(meter)
        let outer = try graph.addState(meter)
        try parseAtom(inner, outer)
        let end = graph.stateCount
        guard let (minimum, maximum) = try parseQuantifier() else {
            graph.jump(from, inner)
            graph.jump(outer, to)
            return
        }
        guard minimum <= maximum ?? minimum, max(minimum, maximum ?? 0) <= meter.limits.repetitionMax else {
            throw GrammarError(
                .limitExceeded,
                "a repetition of a regular expression: bounds rise, up to \(meter.limits.repetitionMax)")
        }
        var state = from
        for count in 0..<max(minimum, maximum ?? 0) {
            if count >= minimum { graph.jump(state, to) }
            let offset = try graph.copy(mark, end, meter)
            graph.jump(state, inner + offset)
            state = outer + offset
        }
        if maximum == nil {
            let loop = try graph.addState(meter)
            graph.jump(state, loop)
            graph.jump(loop, inner)
            graph.jump(outer, loop)
            graph.jump(loop, to)
        } else {
            graph.jump(state, to)
        }
    }

    private mutating func parseQuantifier() throws(GrammarError) -> (Int, Int?)? {
        var result: (Int, Int?)?
        switch cursor.next {
        case "*": result = (0, nil)
        case "+": result = (1, nil)
        case "?": result = (0, 1)
        case "{":
            cursor.advance()
            guard let minimum = cursor.takeNumber() else { throw unexpected("a number after '{'") }
            let maximum = cursor.take(",") ? cursor.takeNumber() : minimum
            guard cursor.next == "}" else { throw unexpected("'}'") }
            result = (minimum, maximum)
        default: return nil
        }
        cursor.advance()
        _ = cursor.take("?")  // Lazy: the same texts match.
        if let next = cursor.next, "*+?{".unicodeScalars.contains(next) { throw unexpected("no second repetition") }
        return result
    }

    private mutating func parseAtom(_ from: Int32, _ to: Int32) throws(GrammarError) {
        switch cursor.next {
        case "(": try parseGroup(from, to)
        case "[":
            var reader = PatternClassReader(cursor, reading, meter)
            let set = try reader.readClass()
            try meter.spend(set.ranges.count)
            graph.edges(from, set, to)
            cursor = reader.cursor
        case ".":
            cursor.advance()
            let breaks: SymbolSet = reading == .sure ? SymbolSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029]) : .none
            graph.edges(from, breaks.complement(), to)
        case "\\":
            var reader = PatternClassReader(cursor, reading, meter)
            let set = try reader.readEscape()
            try meter.spend(set.ranges.count)
            graph.edges(from, set, to)
            cursor = reader.cursor
        case "*", "+", "?", "{", "}", "]": throw unexpected("an atom")
        case let scalar?:
            cursor.advance()
            graph.edges(from, SymbolSet(scalar.value), to)
        case nil: throw unexpected("an atom")
        }
    }

    private mutating func parseGroup(_ from: Int32, _ to: Int32) throws(GrammarError) {
        let place = cursor.offset
        guard depth < meter.limits.groupDepthMax else {
            throw GrammarError(
                .limitExceeded,
                "more than \(meter.limits.groupDepthMax) groups inside one another in a regular expression")
        }
        depth += 1
        cursor.advance()
        if cursor.take("?") {
            for (mark, name) in [("=", "lookahead"), ("!", "lookahead"), ("<=", "lookbehind"), ("<!", "lookbehind")]
            where cursor.starts(with: mark) {
                throw unsupported("a \(name)", at: place)
            }
            if cursor.take("<") {
                let name = cursor.take { $0 != ">" && $0 != ")" }
                guard !name.isEmpty, cursor.take(">") else { throw unexpected("a name and '>'") }
            } else if !cursor.take(":") {
                throw unsupported("a group with flags", at: place)
            }
        }
        try parseAlternatives(from, to)
        depth -= 1
        guard cursor.take(")") else { throw unexpected("')'") }
    }

    private func unexpected(_ expected: String) -> GrammarError {
        GrammarError(
            .syntax,
            "the regular expression at character \(cursor.offset + 1): expected \(expected), found \(cursor.description)"
        )
    }

    private func unsupported(_ what: String, at place: Int) -> GrammarError {
        GrammarError(
            .unsupportedPattern,
            "the regular expression at character \(place + 1): \(what), which no grammar can enforce")
    }
}
