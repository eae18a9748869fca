/// One rewriting of text before it is cut.
public enum NormalizationStep: Sendable, Equatable {
    case nfc
    case nfd
    case nfkc
    case nfkd
    case lowercase
    /// Every occurrence of a string becomes another.
    case replace(String, with: String)
    /// Runs of two or more spaces become one string.
    case collapseSpaces(with: String)
    /// Put before a stretch of text that is not empty.
    case prepend(String)
    /// Whitespace at the ends is taken away.
    case strip(left: Bool, right: Bool)
    /// Marks are taken away.
    case stripAccents
    case bert(BertNormalization)
    /// SentencePiece's compiled normalisation: a double-array trie and its replacements, as the model file holds them.
    case charsmap([UInt8])
    case sentencePieceSpaces(SentencePieceSpaces)
}

/// BERT's normalisation, part by part.
public struct BertNormalization: Sendable, Equatable {
    /// Control characters vanish, whitespace becomes spaces.
    public var cleansText: Bool
    /// Spaces round Chinese characters.
    public var spacesChinese: Bool
    public var stripsAccents: Bool
    public var lowercases: Bool

    /// All parts, the first two as BERT has them.
    public init(cleansText: Bool = true, spacesChinese: Bool = true, stripsAccents: Bool, lowercases: Bool) {
        self.cleansText = cleansText
        self.spacesChinese = spacesChinese
        self.stripsAccents = stripsAccents
        self.lowercases = lowercases
    }
}

/// What SentencePiece does with spaces after its character map.
public struct SentencePieceSpaces: Sendable, Equatable {
    /// A space is added at the beginning (at the end when `atEnd`).
    public var addsSpace: Bool
    public var atEnd: Bool
    /// Spaces at the ends vanish and runs of spaces become one.
    public var removesExtra: Bool
    /// Spaces become `▁`.
    public var escapes: Bool
    /// User-defined tokens do not interrupt the text: a space is added, and spaces are taken away, at the ends of the
    /// text between control tokens (SentencePiece) rather than at the ends of each stretch (llama.cpp).
    public var spansUserDefined: Bool

    /// All rules.
    public init(
        addsSpace: Bool, atEnd: Bool = false, removesExtra: Bool, escapes: Bool = true, spansUserDefined: Bool = false
    ) {
        self.addsSpace = addsSpace
        self.atEnd = atEnd
        self.removesExtra = removesExtra
        self.escapes = escapes
        self.spansUserDefined = spansUserDefined
    }
}
