extension UTF8Text {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    func gpt2MatchEnd(at start: Int, end: Int) -> Int {
        guard start < end else { return start }
        let first = base[start]
        if first == UInt8(ascii: "'") {
            let contraction = contractionEnd(at: start, end: end, foldsCase: false)
            if contraction > start { return contraction }
        }
        let body = first == 0x20 ? start + 1 : start
        let (kind, length) = classified(at: body, end: end)
        if length > 0, !kind.any(.space) {
            if kind.any(.letter) { return runEnd(of: .letter, from: body + length, end: end) }
            if kind.any(.number) { return runEnd(of: .number, from: body + length, end: end) }
            return runEnd(notOf: [.space, .letter, .number], from: body + length, end: end)
        }
        return spaceMatchEnd(at: start, end: end)
    }

    /// `\s+(?!\S)|\s+`: a run of whitespace leaves its last scalar to what follows it.
    func spaceMatchEnd(at start: Int, end: Int) -> Int {
        var index = start
        var last = start
        while index < end {
            let (kind, length) = classified(at: index, end: end)
            if !kind.any(.space) { break }
            last = index
            index += length
        }
        return index == end || last == start ? index : last
    }

    /// `'s|'t|'re|'ve|'m|'ll|'d`. With `foldsCase` as `(?i:…)`, where the long s counts as an s too.
    func contractionEnd(at start: Int, end: Int, foldsCase: Bool) -> Int {
        guard start + 1 < end, base[start] == UInt8(ascii: "'") else { return start }
        let fold: UInt8 = foldsCase ? 0x20 : 0
        let first = base[start + 1] | fold
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
            guard start + 2 < end else { return start }
            let second = base[start + 2] | fold
            return second == (first == UInt8(ascii: "l") ? first : UInt8(ascii: "e")) ? start + 3 : start
        default:
            let isLongS = foldsCase && start + 2 < end && base[start + 1] == 0xC5 && base[start + 2] == 0xBF
            return isLongS ? start + 3 : start
        }
    }
}
