import TerseTokenizer

extension TokenizerDefinition.Algorithm {
    /// The algorithm's name in reports.
    var name: String {
        switch self {
        case .byteLevelBPE: "byte-level BPE"
        case .characterBPE: "character BPE"
        case .sentencePieceBPE: "SentencePiece BPE"
        case .unigram: "SentencePiece unigram"
        case .wordPiece: "WordPiece"
        }
    }
}

extension TokenizerDefinition {
    /// How the vocabulary spells a token, or nothing for an id outside it.
    func spelling(_ id: Int32) -> String {
        id >= 0 && Int(id) < tokens.count ? tokens.text(Int(id)) : ""
    }
}
