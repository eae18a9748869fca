extension Normalizer {
    /// SentencePiece's handling of spaces, which comes after its character map.
    static func sentencePieceSpaces(_ bytes: [UInt8], _ rules: SentencePieceSpaces, _ place: StretchPlace) -> [UInt8] {
        let space: [UInt8] = rules.escapes ? [0xE2, 0x96, 0x81] : [0x20]
        let isStart = place.startsText || !rules.spansUserDefined
        let isEnd = place.endsText || !rules.spansUserDefined
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 2 + 3)
        var bytes = bytes[...]
        if rules.removesExtra {
            if isStart { bytes = bytes.drop { $0 == 0x20 } }
            while isEnd, bytes.last == 0x20 { bytes.removeLast() }
        }
        // A user-defined token that begins the text leaves nothing before it but the space that is added.
        guard !bytes.isEmpty || (rules.spansUserDefined && isStart && !isEnd) else { return [] }
        if rules.addsSpace, !rules.atEnd, isStart { result.append(contentsOf: space) }
        var afterSpace = false
        for byte in bytes {
            if byte == 0x20 {
                if !(afterSpace && rules.removesExtra) { result.append(contentsOf: space) }
                afterSpace = true
            } else {
                result.append(byte)
                afterSpace = false
            }
        }
        if rules.removesExtra, isEnd, rules.escapes {  // A ▁ of the text itself counts as a space at the end.
            while result.suffix(space.count).elementsEqual(space) { result.removeLast(space.count) }
        }
        if rules.addsSpace, rules.atEnd, isEnd { result.append(contentsOf: space) }
        return result
    }
}
