/// SentencePiece's byte-pair encoding: two neighbours join when their text is a token, the highest score first.
struct SentencePieceBPEModel: Sendable {
    private let symbols: SymbolTable
    /// The scores as integers that ascend while scores descend.
    private let priorities: [UInt32]
    private let fallback: UnknownFallback
    /// No token has a `▁` behind another character, so that no join crosses the beginning of a word: words can be
    /// encoded one by one, with the same result and short queues.
    private let wordsAreApart: Bool

    init(_ definition: TokenizerDefinition) {
        var symbols = SymbolTable(capacity: definition.tokens.count, bytes: definition.tokens.byteCount)
        definition.tokens.arena.withUnsafeBufferPointer { arena in
            for id in 0..<definition.tokens.count {
                symbols.append(
                    UnsafeBufferPointer(rebasing: arena[definition.tokens.range(id)]),
                    isFindable: definition.isMadeFromText(id))
            }
        }
        self.symbols = symbols
        wordsAreApart = (0..<definition.tokens.count).allSatisfy { id in
            !definition.isMadeFromText(id) || Self.wordStart(in: definition.tokens[id], after: 0) == nil
        }
        priorities = definition.scores.map { Self.priority(Float($0)) }
        fallback = UnknownFallback(definition)
    }

    private static func priority(_ score: Float) -> UInt32 {
        let bits = (score + 0).bitPattern  // -0 becomes 0.
        return bits & 0x8000_0000 == 0 ? ~(bits | 0x8000_0000) : bits
    }

    /// The first place behind `start` where a `▁` follows another character.
    private static func wordStart(in text: some RandomAccessCollection<UInt8>, after start: Int) -> Int? {
        var index = start
        var afterMark = true
        while index < text.count {
            let isMark = text.dropFirst(index).starts(with: [0xE2, 0x96, 0x81])
            if isMark, !afterMark { return index }
            afterMark = isMark
            index += isMark ? 3 : 1
        }
        return nil
    }

    func encode(_ piece: UnsafeBufferPointer<UInt8>, _ queue: inout MergeQueue, into ids: inout [Int32]) {
        guard wordsAreApart else { return encodeWord(piece, &queue, into: &ids) }
        var start = 0
        var index = 0
        while index < piece.count {
            let isMark =
                piece[index] == 0xE2 && index + 2 < piece.count && piece[index + 1] == 0x96 && piece[index + 2] == 0x81
            let afterMark =
                index >= 3 && piece[index - 3] == 0xE2 && piece[index - 2] == 0x96 && piece[index - 1] == 0x81
            if isMark, !afterMark, index > start {
                encodeWord(UnsafeBufferPointer(rebasing: piece[start..<index]), &queue, into: &ids)
                start = index
            }
            index += isMark ? 3 : 1
        }
        encodeWord(UnsafeBufferPointer(rebasing: piece[start...]), &queue, into: &ids)
    }

    private func encodeWord(_ piece: UnsafeBufferPointer<UInt8>, _ queue: inout MergeQueue, into ids: inout [Int32]) {
        queue.removeAll()
        var index = 0
        while index < piece.count {
            let length = min(UTF8Text.length(first: piece[index]), piece.count - index)
            let character = UnsafeBufferPointer(rebasing: piece[index..<index + length])
            queue.append(id: symbols.find(character) ?? .max, start: index, length: length)
            index += length
        }
        queue.merge { left, right in
            let start = Int(left.start)
            let end = start + Int(left.length) + Int(right.length)
            guard let token = symbols.find(UnsafeBufferPointer(rebasing: piece[start..<end])) else { return nil }
            return MergeTable.Rule(rank: priorities[Int(token)], product: token)
        }
        emit(piece, queue, into: &ids)
    }

    private func emit(_ piece: UnsafeBufferPointer<UInt8>, _ queue: MergeQueue, into ids: inout [Int32]) {
        var index = queue.symbols.isEmpty ? -1 : 0
        var afterUnknown = false
        while index >= 0 {
            let symbol = queue.symbols[index]
            index = Int(symbol.next)
            if symbol.id != .max {
                ids.append(Int32(symbol.id))
                afterUnknown = false
                continue
            }
            let bytes = UnsafeBufferPointer(rebasing: piece[Int(symbol.start)..<Int(symbol.start + symbol.length)])
            if fallback.hasBytes(bytes) {
                for byte in bytes { ids.append(Int32(fallback.byteToken(byte))) }
                afterUnknown = false
            } else if let unknown = fallback.unknown {
                if !(afterUnknown && fallback.fuses) { ids.append(Int32(unknown)) }
                afterUnknown = true
            }
        }
    }
}

extension TokenizerDefinition {
    /// Whether the algorithm knows token `id` at all.
    func isInModel(_ id: Int) -> Bool { traits.isEmpty || !(traits[Int32(id)]?.isOutsideModel ?? false) }

    /// Whether the algorithms of SentencePiece may make the token from text.
    func isMadeFromText(_ id: Int) -> Bool {
        switch kinds[id] {
        case .normal, .userDefined, .unused, .undefined: isInModel(id)
        case .unknown, .control, .byte: false
        }
    }
}
