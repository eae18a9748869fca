/// A pattern of the regular expressions that tokenizers are published with, each recognised by a scanner written for
/// it. The expressions in the comments are those of the models' own tokenizer files.
public enum SplitPattern: Sendable, Equatable {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    case gpt2
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|…`
    case words(WordRules)
    /// As `words`, words being cut where lower case turns to upper (GPT-4o).
    case casedWords(WordRules)
    /// ``[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|…``
    case punctuatedWords
    /// `[\p{Han}]+`, then cased words without Han characters (Kimi K2).
    case hanAndCasedWords
    /// A run of `minimum...maximum` scalars of a set after an optional character.
    case run(ScalarSet, minimum: Int, maximum: Int, after: RunPrefix)
    /// `\s+$`
    case trailingSpace
    /// `[^\n]+|[\n]+`
    case lines
    /// `\w+|[^\w\s]+`
    case wordsOrPunctuation
    /// `\p{N}+`, cut at `(?=(\d{3})+(?!\d))`: digits in groups of three counted from the right (SuperBPE).
    case digitTriplesFromRight
    /// A fixed string.
    case literal(String)

    /// One scalar of a set at a time.
    public static func each(_ set: ScalarSet) -> SplitPattern { .run(set, minimum: 1, maximum: 1, after: .nothing) }
    /// Runs of a set as long as they go.
    public static func all(_ set: ScalarSet) -> SplitPattern {
        .run(set, minimum: 1, maximum: .max, after: .nothing)
    }
}

/// What may stand before a run and belongs to it.
public enum RunPrefix: Sendable, Equatable {
    case nothing
    /// ` ?`
    case space
    /// `\s?`
    case whitespace
}

/// Where the word patterns of the GPT-4 family differ.
public struct WordRules: Sendable, Equatable {
    /// What may follow a run of punctuation and belongs to it.
    public enum Tail: Sendable, Equatable {
        case nothing
        /// `[\r\n]*`
        case newlines
        /// `[\r\n/]*`
        case newlinesAndSlashes
    }

    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)` is a piece (of a cased word: a suffix).
    public var contractions: Bool
    /// Marks count as letters.
    public var lettersIncludeMarks: Bool
    /// Digits of one piece.
    public var digitsMax: Int
    /// What follows a run of punctuation.
    public var punctuationTail: Tail

    public init(
        contractions: Bool = true, lettersIncludeMarks: Bool = false, digitsMax: Int = 3,
        punctuationTail: Tail = .newlines
    ) {
        self.contractions = contractions
        self.lettersIncludeMarks = lettersIncludeMarks
        self.digitsMax = digitsMax
        self.punctuationTail = punctuationTail
    }
}
