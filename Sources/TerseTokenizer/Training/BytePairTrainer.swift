/// Learns a byte-level byte-pair encoding from counted pieces of text: starting from single bytes, the pair of
/// neighbours that occurs most often becomes a token, again and again (Sennrich et al., 2016).
///
/// Among pairs of equal count the one with the lower left id, then the lower right id, goes first, so the result is a
/// function of the counts alone. Ids are given as Hugging Face's `tokenizers` gives them, special tokens first, then
/// bytes in the order of their characters in GPT-2's alphabet, then merges; the same text leads to the same vocabulary.
public struct BytePairTrainer: Sendable {
    /// Tokens wanted, the special ones and the 256 bytes included.
    public var vocabularySize: Int
    /// Tokens that no text spells by accident, such as the end of a text; they get the lowest ids.
    public var specialTokens: [String]
    /// A pair that occurs less often becomes no token.
    public var countMin: Int

    /// The largest vocabulary that is trained.
    public static let vocabularySizeMax = 1 << 20

    public init(vocabularySize: Int, specialTokens: [String], countMin: Int = 2) {
        self.vocabularySize = vocabularySize
        self.specialTokens = specialTokens
        self.countMin = countMin
    }

    /// What was learned.
    public struct Result: Sendable {
        /// Texts in GPT-2's byte alphabet; fewer than were wanted when no pair occurs `countMin` times any more.
        public let tokens: ByteStrings
        public let merges: MergeRules
        /// The first so many tokens are the special ones.
        public let specialCount: Int
    }

    /// - Parameters:
    ///   - counts: The pieces of the text.
    ///   - progress: Is told the number of tokens so far; false ends the training.
    /// - Returns: Nil when `progress` ended it.
    /// - Throws: `TokenizerError` (`invalid`) for an impossible vocabulary or counts of nothing.
    public func train(
        on counts: PieceCounts, progress: (Int) -> Bool = { _ in true }
    ) throws(TokenizerError) -> Result? {
        try validate(counts)
        var vocabulary = SymbolTable(capacity: vocabularySize, bytes: vocabularySize * 8)
        for token in specialTokens { Array(token.utf8).withUnsafeBufferPointer { _ = vocabulary.append($0) } }
        var byteIDs = [UInt32](repeating: 0, count: 256)
        for byte in (0...255).sorted(by: { ByteAlphabet.scalars[$0] < ByteAlphabet.scalars[$1] }) {
            let spelled = ByteAlphabet.spell(CollectionOfOne(UInt8(byte)))
            byteIDs[byte] = spelled.withUnsafeBufferPointer { vocabulary.append($0) }
        }
        var pairs = PairTable(counts, byteIDs: byteIDs)
        let special = Set(specialTokens.map { ByteAlphabet.spell($0.utf8) })
        var (left, right) = (ByteStrings(), ByteStrings())
        while vocabulary.count < vocabularySize, let best = pairs.popMostFrequent(countMin: countMin) {
            let text = Array(vocabulary.strings[Int(best.left)] + vocabulary.strings[Int(best.right)])
            if special.contains(text) { continue }  // Text that spells a special token must not become it.
            left.append(vocabulary.strings[Int(best.left)])
            right.append(vocabulary.strings[Int(best.right)])
            pairs.join(best, into: text.withUnsafeBufferPointer { vocabulary.intern($0) })
            guard progress(vocabulary.count) else { return nil }
        }
        return Result(
            tokens: vocabulary.strings, merges: MergeRules(left: left, right: right), specialCount: specialTokens.count)
    }

    /// Whether the text is what GPT-2's alphabet has for a byte.
    private func spellsByte(_ token: String) -> Bool {
        var bytes: [UInt8] = []
        let isSpelled = Array(token.utf8).withUnsafeBufferPointer { ByteAlphabet.read($0, into: &bytes) }
        return isSpelled && bytes.count == 1
    }

    private func validate(_ counts: PieceCounts) throws(TokenizerError) {
        let least = specialTokens.count + 256
        guard (least...Self.vocabularySizeMax).contains(vocabularySize) else {
            throw TokenizerError(
                .invalid,
                "a vocabulary of \(vocabularySize) tokens: expected \(least) (256 bytes and \(specialTokens.count) special tokens) to \(Self.vocabularySizeMax)"
            )
        }
        guard counts.count > 0 else { throw TokenizerError(.invalid, "there is no text to learn a tokenizer from") }
        for (index, token) in specialTokens.enumerated() {
            guard !token.isEmpty, !spellsByte(token), !specialTokens[..<index].contains(token) else {
                throw TokenizerError(
                    .invalid,
                    "special token \"\(token)\": expected a text that is no other special token's nor that of a byte")
            }
        }
    }
}
