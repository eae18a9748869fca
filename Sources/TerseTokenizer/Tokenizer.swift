/// Turns text into tokens and tokens into text as a `TokenizerDefinition` says. Immutable; any number of threads may
/// use one at a time.
public final class Tokenizer: Sendable {
    enum Model: Sendable {
        case bytePair(BytePairModel)
        case sentencePieceBPE(SentencePieceBPEModel)
        case unigram(UnigramModel)
        case wordPiece(WordPieceModel)
    }

    public let definition: TokenizerDefinition
    let model: Model
    let normalizer: Normalizer
    let preTokenizer: PreTokenizer
    let specialMatchers: SpecialMatchers
    /// What each token is as bytes of text.
    let pieces: ByteStrings

    /// - Throws: `TokenizerError` naming the field and both sides of what does not fit together in `definition`.
    public init(_ definition: TokenizerDefinition) throws(TokenizerError) {
        try definition.validate()
        self.definition = definition
        model =
            switch definition.algorithm {
            case .byteLevelBPE(let rules): .bytePair(BytePairModel(definition, rules, isByteLevel: true))
            case .characterBPE(let rules): .bytePair(BytePairModel(definition, rules, isByteLevel: false))
            case .sentencePieceBPE: .sentencePieceBPE(SentencePieceBPEModel(definition))
            case .unigram: .unigram(UnigramModel(definition))
            case .wordPiece(let rules): .wordPiece(WordPieceModel(definition, rules))
            }
        let normalizer = try Normalizer(definition.normalization)
        self.normalizer = normalizer
        preTokenizer = PreTokenizer(definition.preTokenization)
        specialMatchers = SpecialMatchers(definition, normalizer)
        pieces = definition.decodedPieces(normalizer)
    }

    /// The number of tokens; ids are below it.
    public var vocabularySize: Int { definition.tokens.count }
    /// Tokens that end a text.
    public var endOfTextIDs: Set<Int32> { definition.endOfText }
    /// The token that begins a text.
    public var bosID: Int32? { definition.special.bos }
    /// The token that ends a text.
    public var eosID: Int32? { definition.special.eos }

    /// How the vocabulary spells token `id`; nil when there is no such token.
    public func spelling(_ id: Int32) -> String? {
        definition.tokens.contains(id) ? definition.tokens.text(Int(id)) : nil
    }
}

extension ByteStrings {
    func contains(_ id: Int32) -> Bool { id >= 0 && Int(id) < count }
}
