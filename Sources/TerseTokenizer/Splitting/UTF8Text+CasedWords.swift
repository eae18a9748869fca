extension UTF8Text {
    /// `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|…)?`
    /// `|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|…)?|\p{N}{1,3}|…`
    func casedWordMatchEnd(_ rules: WordRules, excludesHan: Bool, at start: Int, end: Int) -> Int {
        guard start < end else { return start }
        let (kind, length) = classified(at: start, end: end)
        let mayBePrefix = !kind.any([.letter, .number]) && !Self.isNewline(base[start])
        // The expression tries its first branch with and without the optional character before its second branch.
        for endsLower in [true, false] {
            if mayBePrefix {
                let body = start + length
                let match = casedRunEnd(endsLower: endsLower, excludesHan: excludesHan, at: body, end: end)
                if match > body { return suffixEnd(rules, at: match, end: end) }
            }
            let match = casedRunEnd(endsLower: endsLower, excludesHan: excludesHan, at: start, end: end)
            if match > start { return suffixEnd(rules, at: match, end: end) }
        }
        if kind.any(.number) {
            return runEnd(of: .number, minimum: 1, maximum: rules.digitsMax, at: start, end: end)
        }
        return punctuationMatchEnd(excluding: .letter, tail: rules.punctuationTail, at: start, end: end)
    }

    private func suffixEnd(_ rules: WordRules, at index: Int, end: Int) -> Int {
        rules.contractions ? contractionEnd(at: index, end: end, foldsCase: true) : index
    }

    /// With `endsLower` the end of `U*W+`, else of `U+W*`, where U is every letter or mark but lower case and W every
    /// one but upper and title case; `start` when there is none.
    private func casedRunEnd(endsLower: Bool, excludesHan: Bool, at start: Int, end: Int) -> Int {
        var index = start
        // The end of the last scalar of U's run that W could take as well: where U must give back what W needs.
        var lastSharedEnd = start
        while index < end {
            let (kind, length) = casedClass(excludesHan: excludesHan, at: index, end: end)
            if !kind.any([.letter, .mark]) || kind.any(.lower) { break }
            index += length
            if !kind.any(.upper) { lastSharedEnd = index }
        }
        let upperEnd = index
        while index < end {
            let (kind, length) = casedClass(excludesHan: excludesHan, at: index, end: end)
            if !kind.any([.letter, .mark]) || kind.any(.upper) { break }
            index += length
        }
        if endsLower { return index > upperEnd ? index : lastSharedEnd }
        return upperEnd > start ? index : start
    }

    @inline(__always)
    private func casedClass(excludesHan: Bool, at index: Int, end: Int) -> (kind: ScalarClass, length: Int) {
        let result = classified(at: index, end: end)
        if excludesHan, result.length >= 3, Self.isHan(scalar(at: index).value) { return ([], result.length) }
        return result
    }

    /// `[\p{Han}]+`, else cased words that hold no Han character.
    func hanMatchEnd(at start: Int, end: Int) -> Int {
        var index = start
        while index < end {
            let (value, length) = scalar(at: index)
            guard length >= 3, Self.isHan(value) else { break }
            index += length
        }
        if index > start { return index }
        return casedWordMatchEnd(WordRules(), excludesHan: true, at: start, end: end)
    }

    /// The Han script's ideographs and marks.
    static func isHan(_ value: UInt32) -> Bool {
        switch value {
        case 0x2E80...0x2E99, 0x2E9B...0x2EF3, 0x2F00...0x2FD5, 0x3005, 0x3007, 0x3021...0x3029, 0x3038...0x303B,
            0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFA6D, 0xFA70...0xFAD9, 0x16FE2...0x16FE3,
            0x16FF0...0x16FF6, 0x20000...0x2A6DF, 0x2A700...0x2B81D, 0x2B820...0x2CEAD, 0x2CEB0...0x2EBE0,
            0x2EBF0...0x2EE5D, 0x2F800...0x2FA1D, 0x30000...0x3134A, 0x31350...0x33479:
            true
        default: false
        }
    }
}
