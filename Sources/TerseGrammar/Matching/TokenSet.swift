/// A bit for each token of a vocabulary: whether it may come next.
public struct TokenSet: Sendable, Equatable {
    /// Token t is bit t % 64 of word t / 64. Bits past the last token are 0.
    public internal(set) var words: [UInt64]
    public let tokenCount: Int

    /// No token.
    public init(tokenCount: Int) {
        self.tokenCount = tokenCount
        words = [UInt64](repeating: 0, count: (tokenCount + 63) / 64)
    }

    /// Memory that it takes.
    var byteCount: Int { words.count * MemoryLayout<UInt64>.stride }

    /// Whether a token is allowed. Ids outside of the vocabulary are not.
    public subscript(token: Int32) -> Bool {
        guard token >= 0, Int(token) < tokenCount else { return false }
        return words[Int(token) >> 6] & (1 << UInt64(token & 63)) != 0
    }

    /// Allowed tokens.
    public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// The ids of allowed tokens, rising.
    public var tokens: [Int32] {
        var result: [Int32] = []
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                result.append(Int32(index * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return result
    }

    mutating func insert(_ token: Int32) { words[Int(token) >> 6] |= 1 << UInt64(token & 63) }
}
