/// The tokens of a vocabulary as a tree of their bytes, so that tokens that begin alike are looked at together.
///
/// Nodes stand in the order of a walk that visits a node before its children, which are ordered by their bytes; a subtree is
/// a range of numbers. A value never changes and may be shared by all grammars.
public final class TokenTrie: Sendable {
    /// Tokens in the vocabulary, those without bytes included.
    public let tokenCount: Int
    /// Tokens that end a text.
    public let endOfText: Set<Int32>
    let bytes: [UInt8]
    /// Bytes from the root to the node; node 0, the root, has none.
    let depths: [Int32]
    /// The number after the last node of each node's subtree.
    let ends: [Int32]
    /// Tokens that end at node n: `tokens[tokenStarts[n]..<tokenStarts[n + 1]]`.
    let tokens: [Int32]
    let tokenStarts: [Int32]
    private let texts: [[UInt8]]

    /// - Parameters:
    ///   - tokens: the bytes of each token by id. Empty for tokens that stand for no text (control tokens): they are never
    ///     allowed.
    ///   - endOfText: ids that end a text, whatever bytes they have.
    public init(tokens texts: [[UInt8]], endOfText: Set<Int32>) {
        self.texts = texts
        self.endOfText = endOfText
        tokenCount = texts.count
        let order = texts.indices.filter { !texts[$0].isEmpty && !endOfText.contains(Int32($0)) }.sorted {
            texts[$0].lexicographicallyPrecedes(texts[$1])
        }
        var builder = Builder()
        for token in order { builder.add(texts[token], token: Int32(token)) }
        builder.finish()
        bytes = builder.bytes
        depths = builder.depths
        ends = builder.ends
        tokens = builder.tokens
        tokenStarts = builder.tokenStarts
    }

    /// The bytes of a token; nil when there is no such token.
    public func bytes(of token: Int32) -> [UInt8]? {
        texts.indices.contains(Int(token)) ? texts[Int(token)] : nil
    }

    /// Takes tokens in the order of their bytes.
    private struct Builder {
        var bytes: [UInt8] = [0]
        var depths: [Int32] = [0]
        var ends: [Int32] = [0]
        var tokens: [Int32] = []
        var tokenStarts: [Int32] = [0]
        /// The nodes from the root to the last one.
        private var path: [Int] = [0]
        private var last: [UInt8] = []

        mutating func add(_ text: [UInt8], token: Int32) {
            var shared = 0
            while shared < min(text.count, last.count), text[shared] == last[shared] { shared += 1 }
            close(to: shared)
            for byte in text[shared...] {
                path.append(bytes.count)
                bytes.append(byte)
                depths.append(Int32(path.count - 1))
                ends.append(0)
                tokenStarts.append(Int32(tokens.count))
            }
            tokens.append(token)
            last = text
        }

        mutating func finish() {
            close(to: 0)
            ends[0] = Int32(bytes.count)
            tokenStarts.append(Int32(tokens.count))
        }

        private mutating func close(to depth: Int) {
            while path.count > depth + 1 { ends[path.removeLast()] = Int32(bytes.count) }
        }
    }
}
