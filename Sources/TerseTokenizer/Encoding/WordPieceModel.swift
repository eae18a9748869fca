/// WordPiece: the longest token that a word begins with, then the longest that its rest begins with, and so on; a word
/// that cannot be finished is unknown as a whole.
struct WordPieceModel: Sendable {
    private let beginnings: ByteTrie
    private let continuations: ByteTrie
    private let wordPrefix: [UInt8]
    private let wordCharactersMax: Int
    private let unknownID: Int32

    init(_ definition: TokenizerDefinition, _ rules: WordPieceRules) {
        let ids = (0..<Int32(definition.tokens.count)).filter { definition.isInModel(Int($0)) }
        let prefix = Array(rules.continuationPrefix.utf8)
        beginnings = ByteTrie(definition.tokens, entries: ids)
        if prefix.isEmpty {
            continuations = beginnings
        } else {
            var texts = ByteStrings()
            texts.reserveCapacity(ids.count, bytes: definition.tokens.byteCount)
            for id in 0..<definition.tokens.count {
                let text = definition.tokens[id]
                texts.append(text.starts(with: prefix) ? text.dropFirst(prefix.count) : [])
            }
            continuations = ByteTrie(texts, entries: ids)
        }
        wordPrefix = Array(rules.wordPrefix.utf8)
        wordCharactersMax = rules.wordCharactersMax
        unknownID = definition.special.unknown ?? 0
    }

    func encode(_ word: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
        let characters = word.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
        guard characters <= wordCharactersMax else { return ids.append(unknownID) }
        let begin = ids.count
        let text = wordPrefix + word
        let isWhole = text.withUnsafeBufferPointer { text in
            var start = 0
            while start < text.count {
                let trie = start == 0 ? beginnings : continuations
                guard let match = trie.longestMatch(text, from: start) else { return false }
                ids.append(match.value)
                start = match.end
            }
            return true
        }
        if !isWhole {
            ids.removeSubrange(begin...)
            ids.append(unknownID)
        }
    }
}
