import TerseTokenizer

/// Vocabularies given as pairs of text and id, in which ids may be missing.
enum VocabularyHoles {
    /// Ids without a token that are tolerated: models pad their vocabulary to a round number.
    static let holesMax = 65_536

    /// Tokens by id; the missing ones get the name that llama.cpp's converter gives them.
    /// - Throws: `FormatError` when an id is there twice, out of range, or too many are missing.
    static func tokens(
        _ entries: [(text: String, id: Int)], field: String, file: String
    ) throws(FormatError) -> (tokens: ByteStrings, holes: [Int]) {
        for (text, id) in entries where id < 0 {
            throw FormatError(.invalid, "\(file): \(field): the id of \"\(text)\" is \(id)")
        }
        var bytes = 0
        let count = try size(entries.lazy.map(\.id).max() ?? -1, entries.count, field: field, file: file)
        var texts = [String?](repeating: nil, count: count)
        for (text, id) in entries {
            if let other = texts[id] {
                throw FormatError(.invalid, "\(file): \(field): id \(id) belongs to \"\(other)\" and to \"\(text)\"")
            }
            texts[id] = text
            bytes += text.utf8.count
        }
        var tokens = ByteStrings()
        tokens.reserveCapacity(count, bytes: bytes)
        var holes: [Int] = []
        for (id, text) in texts.enumerated() {
            if text == nil { holes.append(id) }
            tokens.append((text ?? name(ofHole: id))[...])
        }
        return (tokens, holes)
    }

    /// Puts `added` into the definition's vocabulary, which grows to hold them.
    static func extend(
        _ definition: inout TokenizerDefinition, with added: [Int32: (content: String, kind: TokenKind)], file: String
    ) throws(FormatError) {
        let last = added.keys.max().map(Int.init) ?? -1
        let count = try size(
            max(last, definition.tokens.count - 1), definition.tokens.count + added.count, field: "added_tokens",
            file: file)
        var tokens = ByteStrings()
        tokens.reserveCapacity(max(count, definition.tokens.count), bytes: definition.tokens.byteCount)
        for id in 0..<max(count, definition.tokens.count) {
            let isOld = id < definition.tokens.count
            guard let token = added[Int32(id)] else {
                tokens.append(isOld ? definition.tokens[id] : Array(name(ofHole: id).utf8)[...])
                if !isOld { definition.kinds.append(.unused) }
                continue
            }
            if isOld, definition.kinds[id] != .unused, !definition.tokens[id].elementsEqual(token.content.utf8) {
                throw FormatError(
                    .invalid,
                    "\(file): added_tokens: id \(id) belongs to \"\(definition.tokens.text(id))\" and to \"\(token.content)\""
                )
            }
            tokens.append(token.content.utf8)
            if isOld { definition.kinds[id] = token.kind } else { definition.kinds.append(token.kind) }
        }
        definition.tokens = tokens
        if !definition.scores.isEmpty {
            definition.scores += Array(repeating: 0, count: tokens.count - definition.scores.count)
        }
    }

    private static func size(_ last: Int, _ known: Int, field: String, file: String) throws(FormatError) -> Int {
        guard last < TokenizerLimits.tokensMax, last + 1 - known <= holesMax else {
            throw FormatError(
                .limitExceeded,
                "\(file): \(field): ids go up to \(last) for \(known) tokens, at most \(holesMax) may be missing")
        }
        return last + 1
    }

    private static func name(ofHole id: Int) -> String { "[PAD\(id)]" }
}
