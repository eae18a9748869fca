extension MergeRules {
    /// The rules of a vocabulary that is given by ranks alone, as tiktoken's files are: two neighbours join when
    /// together they are a token, the lowest rank first.
    ///
    /// - Parameter tokens: the bytes of each token, in the order of their ranks.
    /// - Throws: `TokenizerError` (`tooLarge`) when there are more rules, or longer ones, than `TokenizerLimits` allows.
    public init(ranked tokens: ByteStrings) throws(TokenizerError) {
        try self.init(ranked: tokens, bytesMax: TokenizerLimits.textBytesMax)
    }

    init(ranked tokens: ByteStrings, bytesMax: Int) throws(TokenizerError) {
        var symbols = SymbolTable(capacity: tokens.count, bytes: tokens.byteCount)
        tokens.arena.withUnsafeBufferPointer { arena in
            for rank in 0..<tokens.count { symbols.append(UnsafeBufferPointer(rebasing: arena[tokens.range(rank)])) }
        }
        // Most tokens are cut in one to three ways into two tokens.
        var (left, right) = (ByteStrings(), ByteStrings())
        left.reserveCapacity(tokens.count * 2, bytes: tokens.byteCount * 2)
        right.reserveCapacity(tokens.count * 2, bytes: tokens.byteCount * 2)
        for rank in 0..<tokens.count {
            let token = tokens[rank]
            let cuts = token.withUnsafeBufferPointer { Self.cuts(of: $0, symbols) }
            for cut in cuts.sorted(by: { ($0.low, $0.high) < ($1.low, $1.high) }).map(\.place) {
                left.append(ByteAlphabet.spell(token.prefix(cut)))
                right.append(ByteAlphabet.spell(token.dropFirst(cut)))
            }
            // A token of n bytes may have n − 1 cuts: the rules of a hostile file take the square of its size.
            guard left.count <= TokenizerLimits.mergesMax,
                left.byteCount + right.byteCount <= bytesMax
            else {
                throw TokenizerError(
                    .tooLarge,
                    "merges: \(left.count) of \(left.byteCount + right.byteCount) bytes for \(rank + 1) of "
                        + "\(tokens.count) tokens, at most \(TokenizerLimits.mergesMax) of \(bytesMax) bytes")
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
