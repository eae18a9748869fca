import Foundation

extension Lexer {
    /// Reads tokens up to the end of a `{{` or `{%` tag.
    mutating func readTag(isVariable: Bool) throws(ChatError) {
        let startLine = line
        brackets = []
        while true {
            skipSpace()
            if brackets.isEmpty {
                let before = line
                let isEnd = isVariable ? skipTagEnd("}", plusAllowed: false, trims: false) : skipTagEnd("%")
                if isEnd {
                    tokens.append(Token(kind: isVariable ? .variableEnd : .blockEnd, line: before))
                    return
                }
            }
            guard position < text.count else {
                let mark = isVariable ? "}}" : "%}"
                throw ChatError(.syntax, "expected '\(mark)', found the end of the template", line: startLine)
            }
            try readToken()
        }
    }

    private mutating func readToken() throws(ChatError) {
        let scalar = text[position]
        if scalar.isASCIIDigit { return try readNumber() }
        if scalar.isWordCharacter {
            let start = position
            while position < text.count, text[position].isWordCharacter { position += 1 }
            return add(.name(String(scalars: text[start..<position])))
        }
        if scalar == "'" || scalar == "\"" { return try readString(quote: scalar) }
        try readSymbol()
    }

    private static let symbols = [
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=",
        ".", ":", "|", ",", ";",
    ]

    private mutating func readSymbol() throws(ChatError) {
        guard let symbol = Self.symbols.first(where: { matches($0, at: position) }) else {
            throw ChatError(.syntax, "unexpected character '\(text[position])'", line: line)
        }
        let scalar = text[position]
        switch scalar {
        case "(": brackets.append(")")
        case "[": brackets.append("]")
        case "{": brackets.append("}")
        case ")", "]", "}":
            guard let expected = brackets.popLast() else {
                throw ChatError(.syntax, "unexpected '\(scalar)'", line: line)
            }
            guard expected == scalar else {
                throw ChatError(.syntax, "expected '\(expected)', found '\(scalar)'", line: line)
            }
        default: break
        }
        add(.symbol(symbol))
        position += symbol.unicodeScalars.count
    }

    // MARK: Numbers

    private mutating func readNumber() throws(ChatError) {
        let afterDot = position > 0 && text[position - 1] == "."
        if !afterDot, let end = floatEnd() {
            let digits = String(scalars: text[position..<end].filter { $0 != "_" })
            guard let value = Double(digits) else {
                throw ChatError(.syntax, "expected a number, found '\(digits)'", line: line)
            }
            add(.float(value))
            position = end
            return
        }
        let (digits, radix, end) = integerDigits()
        guard let value = Int(digits, radix: radix) else {
            throw ChatError(.unsupported, "the integer \(digits.prefix(40)) has more than 64 bits", line: line)
        }
        add(.integer(value))
        position = end
    }

    /// The end of a number with a fraction or an exponent, nil when there is neither.
    private func floatEnd() -> Int? {
        guard var end = digitsEnd(from: position) else { return nil }
        var isFloat = false
        if end < text.count, text[end] == ".", let fraction = digitsEnd(from: end + 1) {
            end = fraction
            isFloat = true
        }
        if end < text.count, text[end] == "e" || text[end] == "E" {
            let signed = end + 1 < text.count && (text[end + 1] == "+" || text[end + 1] == "-")
            if let exponent = digitsEnd(from: end + (signed ? 2 : 1)) {
                end = exponent
                isFloat = true
            }
        }
        return isFloat ? end : nil
    }

    /// The end of digits with single underscores between them.
    private func digitsEnd(from start: Int, _ isDigit: (Unicode.Scalar) -> Bool = \.isASCIIDigit) -> Int? {
        var end = start
        while end < text.count {
            if isDigit(text[end]) {
                end += 1
            } else if text[end] == "_", end > start, end + 1 < text.count, isDigit(text[end + 1]) {
                end += 2
            } else {
                break
            }
        }
        return end > start ? end : nil
    }

    private func integerDigits() -> (digits: String, radix: Int, end: Int) {
        if text[position] == "0" {
            let mark = position + 1 < text.count ? text[position + 1].properties.lowercaseMapping : ""
            if let radix = ["b": 2, "o": 8, "x": 16][mark] {
                let start = position + 2 + (position + 2 < text.count && text[position + 2] == "_" ? 1 : 0)
                if let end = digitsEnd(from: start, { Int(String($0), radix: radix) != nil }) {
                    return (String(scalars: text[start..<end].filter { $0 != "_" }), radix, end)
                }
            }
            return ("0", 10, digitsEnd(from: position, { $0 == "0" }) ?? position + 1)
        }
        let end = digitsEnd(from: position) ?? position + 1
        return (String(scalars: text[position..<end].filter { $0 != "_" }), 10, end)
    }

    // MARK: Strings

    private mutating func readString(quote: Unicode.Scalar) throws(ChatError) {
        let startLine = line
        var result: [Unicode.Scalar] = []
        position += 1
        while position < text.count, text[position] != quote {
            if text[position] == "\\" {
                try readEscape(into: &result)
            } else {
                if text[position] == "\n" { line += 1 }
                result.append(text[position])
                position += 1
            }
        }
        guard position < text.count else {
            throw ChatError(
                .syntax, "expected \(quote) to end the string, found the end of the template", line: startLine)
        }
        position += 1
        tokens.append(Token(kind: .string(String(scalars: result)), line: startLine))
    }

    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
        "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}",
        "v": "\u{B}",
    ]

    /// As Python's escapes: an unknown one stays as it is written.
    private mutating func readEscape(into result: inout [Unicode.Scalar]) throws(ChatError) {
        position += 1
        guard position < text.count else { return }
        let letter = text[position]
        position += 1
        if let scalar = Self.escapes[letter] { return result.append(scalar) }
        switch letter {
        case "\n": line += 1
        case "x": result.append(try readHexadecimal(2))
        case "u": result.append(try readHexadecimal(4))
        case "U": result.append(try readHexadecimal(8))
        case "0"..."7":
            var value = letter.value - 48
            var count = 1
            while count < 3, position < text.count, ("0"..."7").contains(text[position]) {
                value = value * 8 + text[position].value - 48
                position += 1
                count += 1
            }
            result.append(Unicode.Scalar(value)!)
        case "N": throw ChatError(.unsupported, "characters by name (\\N{…}) are not supported", line: line)
        default: result += ["\\", letter]
        }
    }

    private mutating func readHexadecimal(_ count: Int) throws(ChatError) -> Unicode.Scalar {
        let digits = String(scalars: text[position..<min(position + count, text.count)])
        guard digits.utf8.count == count, digits.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2D }),
            let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
        else { throw ChatError(.syntax, "'\(digits)' is no escaped character of \(count) digits", line: line) }
        position += count
        return scalar
    }
}
