/// WordPiece: the longest token that a word begins with, then the longest that its rest begins with, and so on; a word
/// that cannot be finished is unknown as a whole.
struct WordPieceModel: Sendable {
    private let beginnings: SymbolTable
    private let continuations: SymbolTable
    private let wordPrefix: [UInt8]
    private let wordCharactersMax: Int
    private let unknownID: Int32

    init(_ definition: TokenizerDefinition, _ rules: WordPieceRules) {
        let count = definition.tokens.count
        let prefix = Array(rules.continuationPrefix.utf8)
        var beginnings = SymbolTable(capacity: count, bytes: definition.tokens.byteCount)
        var continuations = SymbolTable(capacity: prefix.isEmpty ? 0 : count, bytes: definition.tokens.byteCount)
        definition.tokens.arena.withUnsafeBufferPointer { arena in
            for id in 0..<count {
                let text = UnsafeBufferPointer(rebasing: arena[definition.tokens.range(id)])
                beginnings.append(text)
                guard !prefix.isEmpty else { continue }
                let continues = text.starts(with: prefix)
                continuations.append(
                    UnsafeBufferPointer(rebasing: continues ? text[prefix.count...] : text[...]), isFindable: continues)
            }
        }
        self.beginnings = beginnings
        self.continuations = prefix.isEmpty ? beginnings : continuations
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
                let table = start == 0 ? beginnings : continuations
                guard let (token, end) = longestMatch(text, from: start, table) else { return false }
                ids.append(Int32(token))
                start = end
            }
            return true
        }
        if !isWhole {
            ids.removeSubrange(begin...)
            ids.append(unknownID)
        }
    }

    private func longestMatch(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, _ table: SymbolTable
    ) -> (token: UInt32, end: Int)? {
        var end = min(text.count, start + table.lengthMax)
        while end > start {
            if let token = table.find(UnsafeBufferPointer(rebasing: text[start..<end])) { return (token, end) }
            end -= 1
        }
        return nil
    }
}
