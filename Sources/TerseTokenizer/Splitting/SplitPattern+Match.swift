extension SplitPattern {
    /// Where the match that begins at `start` ends, or `start` when none begins there. What lies behind `end` does not
    /// exist; the match is the one that the pattern's regular expression finds.
    func matchEnd(in text: UTF8Text, at start: Int, begin: Int, end: Int) -> Int {
        switch self {
        case .gpt2: return text.gpt2MatchEnd(at: start, end: end)
        case .words(let rules): return text.wordMatchEnd(rules, at: start, end: end)
        case .casedWords(let rules): return text.casedWordMatchEnd(rules, excludesHan: false, at: start, end: end)
        case .punctuatedWords: return text.punctuatedWordMatchEnd(at: start, end: end)
        case .hanAndCasedWords: return text.hanMatchEnd(at: start, end: end)
        case .run(let set, let minimum, let maximum, let prefix):
            let prefixEnd = text.prefixEnd(prefix, at: start, end: end)
            if prefixEnd > start {
                let match = text.runEnd(of: set, minimum: minimum, maximum: maximum, at: prefixEnd, end: end)
                if match > prefixEnd { return match }
            }
            return text.runEnd(of: set, minimum: minimum, maximum: maximum, at: start, end: end)
        case .trailingSpace:
            let run = text.runEnd(of: .space, from: start, end: end)
            return run == end ? end : start
        case .lines:
            guard start < end else { return start }
            let isNewline = text.base[start] == UInt8(ascii: "\n")
            var index = start
            while index < end, (text.base[index] == UInt8(ascii: "\n")) == isNewline { index += 1 }
            return index
        case .wordsOrPunctuation: return text.wordOrPunctuationEnd(at: start, end: end)
        case .digitTriplesFromRight: return text.digitTripleEnd(at: start, begin: begin, end: end)
        case .literal(let string): return text.literalEnd(string, at: start, end: end)
        }
    }
}

extension UTF8Text {
    @inline(__always)
    func prefixEnd(_ prefix: RunPrefix, at start: Int, end: Int) -> Int {
        switch prefix {
        case .nothing: return start
        case .space: return start < end && base[start] == 0x20 ? start + 1 : start
        case .whitespace:
            let (kind, length) = classified(at: start, end: end)
            return kind.any(.space) ? start + length : start
        }
    }

    /// The end of a run of `minimum...maximum` scalars of `set`, or `start` when it is shorter.
    func runEnd(of set: ScalarSet, minimum: Int, maximum: Int, at start: Int, end: Int) -> Int {
        var index = start
        var count = 0
        while index < end, count < maximum {
            let (value, length) = scalar(at: index)
            if !set.contains(value, scalarClass(value)) { break }
            index += length
            count += 1
        }
        return count >= minimum ? index : start
    }

    /// `\w+|[^\w\s]+`, where `\w` is a letter, a mark, a decimal digit, a connector or a letter number.
    func wordOrPunctuationEnd(at start: Int, end: Int) -> Int {
        guard start < end else { return start }
        let first = scalar(at: start)
        let isWord = Self.isWordScalar(first.value)
        if !isWord, scalarClass(first.value).any(.space) { return start }
        var index = start + first.length
        while index < end {
            let (value, length) = scalar(at: index)
            if Self.isWordScalar(value) != isWord { break }
            if !isWord, scalarClass(value).any(.space) { break }
            index += length
        }
        return index
    }

    /// `\w` as Unicode's annex on regular expressions defines it.
    static func isWordScalar(_ value: UInt32) -> Bool {
        if value < 0x80 { return (value | 0x20) &- 0x61 < 26 || value &- 0x30 < 10 || value == 0x5F }
        guard let scalar = Unicode.Scalar(value) else { return false }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return scalar.properties.isAlphabetic || scalar.properties.isJoinControl
        }
    }

    /// The end of the piece that begins at `start` of a run of numbers that is cut wherever a multiple of three digits
    /// (`\d`) and no further digit follow.
    func digitTripleEnd(at start: Int, begin: Int, end: Int) -> Int {
        var index = start
        if isDigit(at: start, end: end) {
            if isDigit(before: start, begin: begin) {  // Behind a cut: counting again would take quadratic time.
                index = skip(3, from: start)
                if isDigit(at: index, end: end) { return index }
            } else {
                let count = digitCount(from: start, end: end)
                let rest = (count - 1) / 3 * 3
                index = skip(count - rest, from: start)
                if rest > 0 { return index }
            }
        }
        while index < end {
            let (value, length) = scalar(at: index)
            guard scalarClass(value).any(.number) else { break }
            let count = digitCount(from: index, end: end)
            if count >= 3 { return skip(count % 3, from: index) }
            index = count > 0 ? skip(count, from: index) : index + length
        }
        return index
    }

    /// Digits in a row from `start` on.
    private func digitCount(from start: Int, end: Int) -> Int {
        var (index, count) = (start, 0)
        while isDigit(at: index, end: end) {
            index += Self.length(first: base[index])
            count += 1
        }
        return count
    }

    private func skip(_ scalars: Int, from start: Int) -> Int {
        (0..<scalars).reduce(start) { index, _ in index + Self.length(first: base[index]) }
    }

    private func isDigit(before index: Int, begin: Int) -> Bool {
        guard index > begin else { return false }
        var previous = index - 1
        while previous > begin, base[previous] & 0xC0 == 0x80 { previous -= 1 }
        return isDigit(at: previous, end: index)
    }

    /// `\d`
    private func isDigit(at index: Int, end: Int) -> Bool {
        guard index < end else { return false }
        let (value, _) = scalar(at: index)
        if value < 0x80 { return value &- 0x30 < 10 }
        return scalarClass(value).any(.number) && Unicode.Scalar(value)?.properties.generalCategory == .decimalNumber
    }

    func literalEnd(_ string: String, at start: Int, end: Int) -> Int {
        var index = start
        for byte in string.utf8 {
            guard index < end, base[index] == byte else { return start }
            index += 1
        }
        return index
    }
}
