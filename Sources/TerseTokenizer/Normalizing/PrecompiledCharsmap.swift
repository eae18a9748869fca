/// SentencePiece's compiled normalisation: a double array (darts-clone's 32-bit units, preceded by its length in bytes)
/// from prefixes of text to offsets of their replacements, which follow as strings ended by a zero byte.
struct PrecompiledCharsmap: Sendable {
    private let units: [UInt32]
    private let replacements: [UInt8]
    /// Bytes of the longest replacement, at least 1: a character of no replacement stays.
    let replacementBytesMax: Int

    /// - Throws: `TokenizerError` when the lengths do not fit or a replacement is too long or not UTF-8.
    init(_ bytes: [UInt8]) throws(TokenizerError) {
        guard bytes.count >= 4 else {
            throw TokenizerError(.invalid, "character map: \(bytes.count) bytes, expected at least 4")
        }
        func word(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
        }
        let trieBytes = Int(word(0))
        guard trieBytes % 4 == 0, trieBytes > 0, trieBytes < bytes.count - 4 else {
            throw TokenizerError(
                .invalid, "character map: its trie takes \(trieBytes) of the \(bytes.count - 4) bytes after the length")
        }
        units = stride(from: 4, to: 4 + trieBytes, by: 4).map(word)
        replacements = Array(bytes[(4 + trieBytes)...])
        guard replacements.last == 0 else {
            throw TokenizerError(.invalid, "character map: its last replacement is not ended by a zero byte")
        }
        guard String(validating: replacements, as: UTF8.self) != nil else {
            throw TokenizerError(.invalid, "character map: its replacements are not UTF-8")
        }
        replacementBytesMax = replacements.split(separator: 0).reduce(1) { max($0, $1.count) }
        guard replacementBytesMax <= TokenizerLimits.replacementBytesMax else {
            throw TokenizerError(
                .tooLarge,
                "character map: a replacement of \(replacementBytesMax) bytes, "
                    + "at most \(TokenizerLimits.replacementBytesMax)")
        }
    }

    /// `text` with the longest matching prefix replaced at each place; what matches nothing goes by characters.
    /// A replacement is not looked at again, so a map cannot make it run on.
    func normalize(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            if let match = longestMatch(text, from: index) {
                appendReplacement(match.offset, to: &result)
                index = match.end
            } else {
                let end = min(index + UTF8Text.length(first: text[index]), text.count)
                result.append(contentsOf: text[index..<end])
                index = end
            }
        }
        return result
    }

    private func longestMatch(_ text: [UInt8], from start: Int) -> (offset: Int, end: Int)? {
        guard let root = units.first else { return nil }
        var node = Self.offset(root)
        var found: (offset: Int, end: Int)?
        var index = start
        while index < text.count, text[index] != 0 {
            let byte = text[index]
            node ^= Int(byte)
            guard node < units.count, Self.label(units[node]) == UInt32(byte) else { break }
            index += 1
            let hasLeaf = units[node] >> 8 & 1 == 1
            node ^= Self.offset(units[node])
            guard node < units.count else { break }
            // A hostile map may cut characters apart; the models rely on well-formed text.
            guard hasLeaf, index == text.count || text[index] & 0xC0 != 0x80 else { continue }
            let offset = Int(units[node] & 0x7FFF_FFFF)
            if offset >= replacements.count || replacements[offset] & 0xC0 != 0x80 { found = (offset, index) }
        }
        return found
    }

    private static func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & 1 << 9) >> 6)) }

    private static func label(_ unit: UInt32) -> UInt32 { unit & (1 << 31 | 0xFF) }

    private func appendReplacement(_ offset: Int, to result: inout [UInt8]) {
        var index = offset
        while index < replacements.count, replacements[index] != 0 {
            result.append(replacements[index])
            index += 1
        }
    }
}
