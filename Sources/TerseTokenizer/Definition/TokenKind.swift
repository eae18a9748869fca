/// What a token is for. Raw values are those of GGUF's `tokenizer.ggml.token_type` and SentencePiece's `Piece.Type`.
public enum TokenKind: Int32, Sendable, Equatable {
    case undefined = 0
    /// Made from text by the algorithm.
    case normal = 1
    /// Stands for text that the vocabulary cannot express.
    case unknown = 2
    /// Steers the model (`<s>`, `<|im_end|>`): found in a text only when the caller asks for it.
    case control = 3
    /// Always found in a text, before anything else is done with it.
    case userDefined = 4
    case unused = 5
    /// One byte, spelled `<0x0A>`: what is not in the vocabulary falls back to these.
    case byte = 6

    /// Control tokens and the unknown token: text leaves them out when special tokens are not wanted.
    public var isSpecial: Bool { self == .control || self == .unknown }
}

/// How a token that is found in raw text treats its surroundings (`added_tokens` of tokenizer.json).
public struct TokenTraits: Sendable, Equatable {
    /// Takes the whitespace before it along.
    public var stripsLeft = false
    /// Takes the whitespace after it along.
    public var stripsRight = false
    /// Found only where no letter, digit or underscore touches it.
    public var singleWord = false
    /// Sought in the normalised text rather than in the raw text.
    public var normalized = false
    /// The algorithm does not know it: it is only ever found spelled out.
    public var isOutsideModel = false

    /// The traits given, and no others.
    public init(stripsLeft: Bool = false, stripsRight: Bool = false, singleWord: Bool = false, normalized: Bool = false)
    {
        self.stripsLeft = stripsLeft
        self.stripsRight = stripsRight
        self.singleWord = singleWord
        self.normalized = normalized
    }
}
