/// Byte-pair encoding by ranked merge rules, over bytes or over characters.
struct BytePairModel: Sendable {
    private let symbols: SymbolTable
    private let merges: MergeTable
    private let tokenCount: UInt32
    private let ignoresMerges: Bool
    /// The symbol of each byte; used where text is taken apart into bytes.
    private let byteSymbols: [UInt32]
    private let isByteLevel: Bool
    private let fallback: UnknownFallback

    init(_ definition: TokenizerDefinition, _ rules: MergeRules, isByteLevel: Bool) {
        var symbols = SymbolTable(capacity: definition.tokens.count, bytes: definition.tokens.byteCount)
        var scratch: [UInt8] = []
        definition.tokens.arena.withUnsafeBufferPointer { arena in
            for id in 0..<definition.tokens.count {
                let text = UnsafeBufferPointer(rebasing: arena[definition.tokens.range(id)])
                let isFindable = definition.kinds[id] != .byte && definition.isInModel(id)
                scratch.removeAll(keepingCapacity: true)
                if isByteLevel, ByteAlphabet.read(text, into: &scratch) {
                    scratch.withUnsafeBufferPointer { _ = symbols.append($0, isFindable: isFindable) }
                } else {
                    symbols.append(text, isFindable: !isByteLevel && isFindable)
                }
            }
        }
        tokenCount = UInt32(symbols.count)
        merges = Self.compile(rules, isByteLevel: isByteLevel, &symbols)
        byteSymbols = (0...255).map { byte in
            isByteLevel ? [UInt8(byte)].withUnsafeBufferPointer { symbols.intern($0) } : 0
        }
        self.symbols = symbols
        self.isByteLevel = isByteLevel
        ignoresMerges = rules.ignoresMergesForWholeWords
        fallback = UnknownFallback(definition)
    }

    /// Rules whose sides or product are no tokens still join, as in the programs that know rules by their text; what
    /// they leave behind falls back to bytes.
    private static func compile(_ rules: MergeRules, isByteLevel: Bool, _ symbols: inout SymbolTable) -> MergeTable {
        var table = MergeTable(capacity: rules.left.count)
        var pair: [UInt8] = []
        var last = MergeTable.Rule(rank: 0, product: .max)
        for rank in 0..<rules.left.count {
            pair.removeAll(keepingCapacity: true)
            let isSpelled = rules.left.append(rank, to: &pair, decoded: isByteLevel)
            let leftCount = pair.count
            guard isSpelled, rules.right.append(rank, to: &pair, decoded: isByteLevel), leftCount > 0,
                pair.count > leftCount
            else { continue }  // Text never holds what the alphabet cannot spell.
            pair.withUnsafeBufferPointer { pair in
                let left = symbols.intern(UnsafeBufferPointer(rebasing: pair[..<leftCount]))
                let right = symbols.intern(UnsafeBufferPointer(rebasing: pair[leftCount...]))
                let product = symbols.intern(pair)
                let shares = rules.sharesRanks && product == last.product
                last = MergeTable.Rule(rank: shares ? last.rank : UInt32(rank), product: product)
                table.add(left, right, last)
            }
        }
        return table
    }

    /// Appends the tokens of one piece of text.
    func encode(_ piece: UnsafeBufferPointer<UInt8>, _ queue: inout MergeQueue, into ids: inout [Int32]) {
        guard let base = piece.baseAddress else { return }
        if piece.count == 1, isByteLevel {
            return emit(byteSymbols[Int(base[0])], into: &ids)
        }
        if ignoresMerges, let whole = symbols.find(piece), whole < tokenCount {
            return ids.append(Int32(whole))
        }
        queue.removeAll()
        if isByteLevel { appendBytes(piece, &queue) } else { appendCharacters(piece, &queue) }
        queue.merge { left, right in merges.rule(left.id, right.id) }
        var index = queue.symbols.isEmpty ? -1 : 0
        while index >= 0 {
            emit(queue.symbols[index].id, into: &ids)
            index = Int(queue.symbols[index].next)
        }
    }

    /// Bytes that are no tokens are unknown or, without an unknown token, as if they were not there.
    private func appendBytes(_ piece: UnsafeBufferPointer<UInt8>, _ queue: inout MergeQueue) {
        var afterUnknown = false
        for index in 0..<piece.count {
            let symbol = byteSymbols[Int(piece[index])]
            if symbol < tokenCount {
                queue.append(id: symbol, start: index, length: 1)
                afterUnknown = false
            } else if let unknown = fallback.unknown {
                if !(afterUnknown && fallback.fuses) { queue.append(id: unknown, start: index, length: 1) }
                afterUnknown = true
            }
        }
    }

    private func appendCharacters(_ piece: UnsafeBufferPointer<UInt8>, _ queue: inout MergeQueue) {
        var index = 0
        var afterUnknown = false
        while index < piece.count {
            let length = min(UTF8Text.length(first: piece[index]), piece.count - index)
            let character = UnsafeBufferPointer(rebasing: piece[index..<index + length])
            if let symbol = symbols.find(character) {
                queue.append(id: symbol, start: index, length: length)
                afterUnknown = false
            } else if fallback.hasBytes(character) {
                for offset in 0..<length {
                    queue.append(id: fallback.byteToken(character[offset]), start: index + offset, length: 1)
                }
                afterUnknown = false
            } else if let unknown = fallback.unknown {
                if !(afterUnknown && fallback.fuses) { queue.append(id: unknown, start: index, length: length) }
                afterUnknown = true
            }
            index += length
        }
    }

    @inline(__always)
    private func emit(_ symbol: UInt32, into ids: inout [Int32]) {
        if symbol < tokenCount { return ids.append(Int32(symbol)) }
        emitPieces(of: symbol, into: &ids)
    }

    /// The bytes of a symbol that is no token, each by itself.
    private func emitPieces(of symbol: UInt32, into ids: inout [Int32]) {
        for byte in symbols.strings[Int(symbol)] {
            if isByteLevel, byteSymbols[Int(byte)] < tokenCount {
                ids.append(Int32(byteSymbols[Int(byte)]))
            } else if !isByteLevel, fallback.hasByte(byte) {
                ids.append(Int32(fallback.byteToken(byte)))
            } else if let unknown = fallback.unknown {
                ids.append(Int32(unknown))
            }
        }
    }
}

extension ByteStrings {
    /// Appends string `index` to `bytes`, out of the byte alphabet when `decoded`. False when it is not spelled in it.
    fileprivate func append(_ index: Int, to bytes: inout [UInt8], decoded: Bool) -> Bool {
        guard decoded else {
            bytes.append(contentsOf: self[index])
            return true
        }
        return arena.withUnsafeBufferPointer {
            ByteAlphabet.read(UnsafeBufferPointer(rebasing: $0[range(index)]), into: &bytes)
        }
    }
}
