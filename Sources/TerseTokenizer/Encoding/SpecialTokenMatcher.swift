/// Finds tokens that are spelled out in a text: the longest at the leftmost place first.
struct SpecialTokenMatcher: Sendable {
    enum Fragment {
        case text(Range<Int>)
        case token(Int32)
    }

    private let trie: ByteTrie
    private let traits: [Int32: TokenTraits]
    /// Whether a token begins with the byte: most text is passed over by this alone.
    private let begins: [Bool]

    /// - Parameter normalizer: What the tokens' texts go through first, where they are sought in normalised text.
    init(_ definition: TokenizerDefinition, _ normalizer: Normalizer?, ids: [Int32]) {
        trie = ByteTrie(normalizer.map { Self.texts(definition, $0, ids) } ?? definition.tokens, entries: ids)
        traits = definition.traits
        begins = (0..<256).map { [trie] in trie.child(ByteTrie.root, UInt8($0)) != nil }
    }

    private static func texts(_ definition: TokenizerDefinition, _ normalizer: Normalizer, _ ids: [Int32])
        -> ByteStrings
    {
        if normalizer.isEmpty || ids.isEmpty { return definition.tokens }
        let wanted = Set(ids)
        var texts = ByteStrings()
        for id in 0..<definition.tokens.count {
            guard wanted.contains(Int32(id)) else {
                texts.append([])
                continue
            }
            let place = StretchPlace(isFirst: true, startsText: true, endsText: true)
            Array(definition.tokens[id]).withUnsafeBufferPointer { texts.append(normalizer.normalize($0, place)) }
        }
        return texts
    }

    var isEmpty: Bool { trie.isEmpty }

    /// Cuts `range` of `bytes` into the tokens found and the stretches between them.
    func fragments(of bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> [Fragment] {
        if isEmpty { return range.isEmpty ? [] : [.text(range)] }
        let text = UnsafeBufferPointer(rebasing: bytes[..<range.upperBound])
        var fragments: [Fragment] = []
        var textStart = range.lowerBound
        var index = range.lowerBound
        while index < range.upperBound {
            // A token's bytes need not be UTF-8: one that cuts a character of the text in two does not count, so that the
            // stretches between tokens stay well-formed.
            guard begins[Int(text[index])], let match = trie.longestMatch(text, from: index),
                Self.isScalarBoundary(text, index), Self.isScalarBoundary(text, match.end)
            else {
                index += 1
                continue
            }
            var (start, end) = (index, match.end)
            if let traits = traits[match.value] {
                if traits.singleWord, touchesWord(text, start, end, from: range.lowerBound) {
                    index = end
                    continue
                }
                if traits.stripsLeft { start = Self.spaceStart(text, before: start, from: textStart) }
                if traits.stripsRight { end = Self.spaceEnd(text, from: end) }
            }
            if start > textStart { fragments.append(.text(textStart..<start)) }
            fragments.append(.token(match.value))
            index = end
            textStart = end
        }
        if textStart < range.upperBound { fragments.append(.text(textStart..<range.upperBound)) }
        return fragments
    }

    private static func isScalarBoundary(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        index == text.count || text[index] & 0xC0 != 0x80
    }

    private func touchesWord(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, from begin: Int) -> Bool {
        guard let base = text.baseAddress else { return false }
        let scanned = UTF8Text(base)
        if end < text.count, UTF8Text.isWordScalar(scanned.scalar(at: end).value) { return true }
        return start > begin
            && UTF8Text.isWordScalar(scanned.scalar(at: Self.previous(text, start, from: begin)).value)
    }

    private static func previous(_ text: UnsafeBufferPointer<UInt8>, _ index: Int, from begin: Int) -> Int {
        var index = index - 1
        while index > begin, text[index] & 0xC0 == 0x80 { index -= 1 }
        return index
    }

    private static func spaceStart(_ text: UnsafeBufferPointer<UInt8>, before end: Int, from begin: Int) -> Int {
        guard let base = text.baseAddress else { return end }
        let scanned = UTF8Text(base)
        var start = end
        while start > begin {
            let previous = previous(text, start, from: begin)
            if !scanned.classified(at: previous, end: end).kind.any(.space) { break }
            start = previous
        }
        return start
    }

    private static func spaceEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        guard let base = text.baseAddress else { return start }
        return UTF8Text(base).runEnd(of: .space, from: start, end: text.count)
    }
}
