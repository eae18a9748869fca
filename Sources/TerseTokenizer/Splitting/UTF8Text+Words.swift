extension UTF8Text {
    /// `(?i:'s|…)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    func wordMatchEnd(_ rules: WordRules, at start: Int, end: Int) -> Int {
        guard start < end else { return start }
        let first = base[start]
        if first == UInt8(ascii: "'"), rules.contractions {
            let contraction = contractionEnd(at: start, end: end, foldsCase: true)
            if contraction > start { return contraction }
        }
        let letters: ScalarClass = rules.lettersIncludeMarks ? [.letter, .mark] : .letter
        let (kind, length) = classified(at: start, end: end)
        if kind.any(.letter) { return runEnd(of: letters, from: start + length, end: end) }
        if kind.any(.number) {
            return runEnd(of: .number, minimum: 1, maximum: rules.digitsMax, at: start, end: end)
        }
        if !Self.isNewline(first) {
            let (next, nextLength) = classified(at: start + length, end: end)
            if next.any(letters) { return runEnd(of: letters, from: start + length + nextLength, end: end) }
            if kind.any(letters) { return start + length }
        }
        return punctuationMatchEnd(excluding: letters, tail: rules.punctuationTail, at: start, end: end)
    }

    /// ` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    @inline(__always)
    func punctuationMatchEnd(excluding letters: ScalarClass, tail: WordRules.Tail, at start: Int, end: Int) -> Int {
        let body = base[start] == 0x20 ? start + 1 : start
        let excluded = letters.union([.space, .number])
        let (kind, length) = classified(at: body, end: end)
        if length > 0, !kind.any(excluded) {
            return tailEnd(tail, from: runEnd(notOf: excluded, from: body + length, end: end), end: end)
        }
        return newlinesOrSpaceMatchEnd(at: start, end: end)
    }

    @inline(__always)
    func tailEnd(_ tail: WordRules.Tail, from start: Int, end: Int) -> Int {
        guard tail != .nothing else { return start }
        var index = start
        while index < end {
            let byte = base[index]
            guard Self.isNewline(byte) || (byte == UInt8(ascii: "/") && tail == .newlinesAndSlashes) else { break }
            index += 1
        }
        return index
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`: whitespace up to and with its last newline; without one as `spaceMatchEnd`.
    func newlinesOrSpaceMatchEnd(at start: Int, end: Int) -> Int {
        var index = start
        var last = start
        var newlinesEnd = start
        while index < end {
            let (kind, length) = classified(at: index, end: end)
            if !kind.any(.space) { break }
            last = index
            index += length
            if Self.isNewline(base[last]) { newlinesEnd = index }
        }
        if newlinesEnd > start { return newlinesEnd }
        return index == end || last == start ? index : last
    }

    @inline(__always)
    static func isNewline(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    /// ``[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|``
    /// and whitespace as in `wordMatchEnd`.
    func punctuatedWordMatchEnd(at start: Int, end: Int) -> Int {
        guard start < end else { return start }
        let first = base[start]
        let (kind, length) = classified(at: start, end: end)
        if first < 0x80, kind.any([.punctuation, .symbol]) {
            var index = start + 1
            while index < end, (base[index] | 0x20) &- 0x61 < 26 { index += 1 }
            if index > start + 1 { return index }
        }
        let letters: ScalarClass = [.letter, .mark]
        if !Self.isNewline(first), !kind.any([.letter, .punctuation, .symbol]) {
            let (next, nextLength) = classified(at: start + length, end: end)
            if next.any(letters) { return runEnd(of: letters, from: start + length + nextLength, end: end) }
        }
        if kind.any(letters) { return runEnd(of: letters, from: start + length, end: end) }
        let body = first == 0x20 ? start + 1 : start
        let punctuation = runEnd(of: [.punctuation, .symbol], from: body, end: end)
        if punctuation > body { return tailEnd(.newlines, from: punctuation, end: end) }
        return newlinesOrSpaceMatchEnd(at: start, end: end)
    }
}
