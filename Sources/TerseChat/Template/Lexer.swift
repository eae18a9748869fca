/// Splits a template into tokens as Jinja 3 does with `trim_blocks` and `lstrip_blocks`, which is how chat templates are
/// written to be read: the line break after a block tag goes, and so does white space before one that begins a line.
struct Lexer {
    let text: [Unicode.Scalar]
    var position = 0
    var line = 1
    var tokens: [Token] = []
    /// Whether the last piece read ended with a line break.
    var isAtLineStart = true
    /// Brackets open in the current tag: while there are any, `}}` and `%}` are brackets and operators.
    var brackets: [Unicode.Scalar] = []

    /// Line breaks become `\n`, and one at the very end is dropped.
    init(_ source: String) {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(source.utf8.count)
        var afterReturn = false
        for scalar in source.unicodeScalars {
            if scalar == "\n", afterReturn {
                afterReturn = false
                continue
            }
            afterReturn = scalar == "\r"
            scalars.append(afterReturn ? "\n" : scalar)
        }
        if scalars.last == "\n" { scalars.removeLast() }
        text = scalars
    }

    mutating func tokenize() throws(ChatError) -> [Token] {
        while position < text.count { try readText() }
        add(.end)
        return tokens
    }

    mutating func add(_ kind: Token.Kind) { tokens.append(Token(kind: kind, line: line)) }

    /// Reads text up to the next tag, and the tag.
    private mutating func readText() throws(ChatError) {
        guard let start = nextTag(from: position) else {
            addData(position..<text.count)
            position = text.count
            return
        }
        let sign = signAfterBracket(at: start)
        let kind = text[start + 1]
        let end = strippedEnd(of: position..<start, sign: sign, isVariable: kind == "{")
        addData(position..<end, consuming: start)
        position = start + (sign == nil ? 2 : 3)
        isAtLineStart = false
        switch kind {
        case "#": try skipComment()
        case "{":
            add(.variableBegin)
            try readTag(isVariable: true)
        default:
            if skipRawBegin(at: start) { return try readRaw() }
            add(.blockBegin)
            try readTag(isVariable: false)
        }
    }

    private func nextTag(from start: Int) -> Int? {
        var index = start
        while index + 1 < text.count {
            if text[index] == "{", text[index + 1] == "%" || text[index + 1] == "{" || text[index + 1] == "#" {
                return index
            }
            index += 1
        }
        return nil
    }

    private func signAfterBracket(at start: Int) -> Unicode.Scalar? {
        guard start + 2 < text.count, text[start + 2] == "-" || text[start + 2] == "+" else { return nil }
        return text[start + 2]
    }

    /// Where the text before a tag ends once the white space that the tag eats is gone.
    private func strippedEnd(of range: Range<Int>, sign: Unicode.Scalar?, isVariable: Bool) -> Int {
        if sign == "+" || (sign == nil && isVariable) { return range.upperBound }
        var end = range.upperBound
        while end > range.lowerBound, text[end - 1].isPythonSpace, sign == "-" || text[end - 1] != "\n" { end -= 1 }
        if sign == "-" { return end }
        let reachesLineStart = end > range.lowerBound ? text[end - 1] == "\n" : isAtLineStart
        return reachesLineStart ? end : range.upperBound
    }

    /// - Parameter end: how far the text goes in the source, for counting lines.
    private mutating func addData(_ range: Range<Int>, consuming end: Int? = nil) {
        if !range.isEmpty { add(.data(String(scalars: text[range]))) }
        countLines(range.lowerBound..<(end ?? range.upperBound))
    }

    mutating func countLines(_ range: Range<Int>) {
        for index in range where text[index] == "\n" { line += 1 }
    }

    func matches(_ word: String, at start: Int) -> Bool {
        var index = start
        for scalar in word.unicodeScalars {
            guard index < text.count, text[index] == scalar else { return false }
            index += 1
        }
        return true
    }

    mutating func skipSpace() {
        while position < text.count, text[position].isPythonSpace {
            if text[position] == "\n" { line += 1 }
            position += 1
        }
    }

    /// Skips a tag's end with the white space it eats: `+%}` none, `-%}` all, `%}` one line break.
    /// - Returns: whether there was one.
    mutating func skipTagEnd(_ mark: Unicode.Scalar, plusAllowed: Bool = true, trims: Bool = true) -> Bool {
        let start = position
        let sign = position < text.count ? text[position] : "\0"
        let isSigned = sign == "-" || (sign == "+" && plusAllowed)
        let end = position + (isSigned ? 1 : 0)
        guard end + 1 < text.count, text[end] == mark, text[end + 1] == "}" else { return false }
        position = end + 2
        if sign == "-" {
            skipSpace()
        } else if !isSigned, trims, position < text.count, text[position] == "\n" {
            position += 1
            line += 1
        }
        isAtLineStart = text[position - 1] == "\n" && position - 1 > start
        return true
    }

    private mutating func skipComment() throws(ChatError) {
        let startLine = line
        while position < text.count {
            if skipTagEnd("#") { return }
            countLines(position..<(position + 1))
            position += 1
        }
        throw ChatError(.syntax, "expected '#}' to end the comment, found the end of the template", line: startLine)
    }

    /// Skips `{% raw %}`, whose bracket is at `start`. The line break after it stays.
    private mutating func skipRawBegin(at start: Int) -> Bool {
        let saved = (position, line)
        skipSpace()
        if matches("raw", at: position) {
            position += 3
            skipSpace()
            if skipTagEnd("%", plusAllowed: false, trims: false) { return true }
        }
        (position, line) = saved
        return false
    }

    private mutating func readRaw() throws(ChatError) {
        let start = position
        let startLine = line
        while let tag = nextTag(from: position) {
            position = tag + 2
            guard text[tag + 1] == "%" else { continue }
            let sign = signAfterBracket(at: tag)
            if sign != nil { position += 1 }
            line = startLine
            countLines(start..<position)
            skipSpace()
            guard matches("endraw", at: position) else { continue }
            position += 6
            skipSpace()
            let endLine = line
            let wasAtLineStart = isAtLineStart
            guard skipTagEnd("%") else { continue }
            let isAtLineStartAfter = isAtLineStart
            isAtLineStart = wasAtLineStart
            let end = strippedEnd(of: start..<tag, sign: sign, isVariable: false)
            let lineAfter = line
            line = startLine
            if start < end { add(.data(String(scalars: text[start..<end]))) }
            line = max(lineAfter, endLine)
            isAtLineStart = isAtLineStartAfter
            return
        }
        throw ChatError(.syntax, "expected '{% endraw %}', found the end of the template", line: startLine)
    }
}
