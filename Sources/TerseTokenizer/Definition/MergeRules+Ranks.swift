extension MergeRules {
    /// The rules of a vocabulary that is given by ranks alone, as tiktoken's files are: two neighbours join when
    /// together they are a token, the lowest rank first.
    ///
    /// - Parameter tokens: the bytes of each token, in the order of their ranks.
    public init(ranked tokens: ByteStrings) {
        var symbols = SymbolTable(capacity: tokens.count, bytes: tokens.byteCount)
        tokens.arena.withUnsafeBufferPointer { arena in
            for rank in 0..<tokens.count { symbols.append(UnsafeBufferPointer(rebasing: arena[tokens.range(rank)])) }
        }
        // Most tokens are cut in one to three ways into two tokens.
        var (left, right) = (ByteStrings(), ByteStrings())
        left.reserveCapacity(tokens.count * 2, bytes: tokens.byteCount * 2)
        right.reserveCapacity(tokens.count * 2, bytes: tokens.byteCount * 2)
        tokens.arena.withUnsafeBufferPointer { arena in
            for rank in 0..<tokens.count {
                let token = UnsafeBufferPointer(rebasing: arena[tokens.range(rank)])
                let cuts = Self.cuts(of: token, symbols).sorted { ($0.low, $0.high) < ($1.low, $1.high) }
                for cut in cuts.map(\.place) {
                    left.append(ByteAlphabet.spell(token[..<cut]))
                    right.append(ByteAlphabet.spell(token[cut...]))
                }
            }
        }
        self.init(left: left, right: right, ignoresMergesForWholeWords: true)
        sharesRanks = true
    }

    /// The ways to cut `token` into two tokens: their ranks and the place.
    private static func cuts(
        of token: UnsafeBufferPointer<UInt8>, _ symbols: SymbolTable
    ) -> [(low: UInt32, high: UInt32, place: Int)] {
        guard token.count > 1 else { return [] }
        return (1..<token.count).compactMap { cut in
            guard let low = symbols.find(UnsafeBufferPointer(rebasing: token[..<cut])),
                let high = symbols.find(UnsafeBufferPointer(rebasing: token[cut...]))
            else { return nil }
            return (low, high, cut)
        }
    }
}
