/// Everything that decides how text becomes tokens and tokens become text, as a value: what the readers of files make
/// and `Tokenizer` is built from.
public struct TokenizerDefinition: Sendable, Equatable {
    /// How a piece of text is cut into tokens.
    public enum Algorithm: Sendable, Equatable {
        /// Merges by rank over bytes. Tokens and merge rules are spelled in GPT-2's alphabet, where each byte is one
        /// printable character.
        case byteLevelBPE(MergeRules)
        /// Merges by rank over characters (tokenizer.json made from SentencePiece models).
        case characterBPE(MergeRules)
        /// Merges by the score of the resulting token, as SentencePiece's BPE does.
        case sentencePieceBPE
        /// The segmentation of highest total score (SentencePiece's unigram model).
        case unigram
        /// Longest match from the left, word by word (BERT).
        case wordPiece(WordPieceRules)
    }

    public var algorithm: Algorithm
    /// The text of each token as the file spells it; the index is the token's id.
    public var tokens: ByteStrings
    /// A score for each token, or empty where the algorithm needs none.
    public var scores: [Double]
    /// Sums of scores are kept in float32, as SentencePiece keeps them; which of several ways of equal score a unigram
    /// model takes hangs on their rounding.
    public var roundsScoreSums: Bool
    /// A kind for each token.
    public var kinds: [TokenKind]
    /// Traits of those tokens found in raw text that have any.
    public var traits: [Int32: TokenTraits]
    public var special: SpecialTokens
    /// Ids that end a text. `detectEndOfText()` adds those that `tokens` names.
    public var endOfText: Set<Int32>
    /// What `addSpecial` puts before a text: usually the beginning-of-text token or nothing.
    public var prefix: [Int32]
    /// What `addSpecial` puts after a text.
    public var suffix: [Int32]
    /// Applied in order to each stretch of text between special tokens.
    public var normalization: [NormalizationStep]
    /// Applied in order to the normalised text.
    public var preTokenization: [PreTokenizationStep]
    /// The name that llama.cpp has for the pre-tokenisation (`tokenizer.ggml.pre`), when it has one.
    public var preTokenizerName: String?
    /// What cannot be spelled otherwise becomes byte tokens (`<0x0A>`).
    public var byteFallback: Bool
    /// Neighbouring unknown characters become one unknown token.
    public var fusesUnknown: Bool
    public var decoding: DecodingRules

    public init(algorithm: Algorithm, tokens: ByteStrings, scores: [Double] = [], kinds: [TokenKind]? = nil) {
        self.algorithm = algorithm
        self.tokens = tokens
        self.scores = scores
        roundsScoreSums = false
        self.kinds = kinds ?? Array(repeating: .normal, count: tokens.count)
        traits = [:]
        special = SpecialTokens()
        endOfText = []
        prefix = []
        suffix = []
        normalization = []
        preTokenization = []
        preTokenizerName = nil
        byteFallback = false
        fusesUnknown = false
        decoding = DecodingRules()
    }

    /// Whether `addSpecial` puts the beginning-of-text token first.
    public var addsBOS: Bool { special.bos.map { prefix.first == $0 } ?? false }
    /// Whether `addSpecial` puts the end-of-text token last.
    public var addsEOS: Bool { special.eos.map { suffix.last == $0 } ?? false }
}

/// Merge rules of a byte-pair encoding; the index of a rule is its rank, lower merges first.
public struct MergeRules: Sendable, Equatable {
    public var left: ByteStrings
    public var right: ByteStrings
    /// A word that is a token as it stands is not built by merges.
    public var ignoresMergesForWholeWords: Bool
    /// Neighbouring rules with the same product count as one rank, so that the leftmost place goes first (tiktoken).
    public var sharesRanks = false

    /// Rules of equal count on both sides.
    public init(left: ByteStrings, right: ByteStrings, ignoresMergesForWholeWords: Bool = false) {
        self.left = left
        self.right = right
        self.ignoresMergesForWholeWords = ignoresMergesForWholeWords
    }
}

/// How WordPiece spells the tokens that begin a word and those that go on with one.
public struct WordPieceRules: Sendable, Equatable {
    /// Before the first token of a word: empty in tokenizer.json, `▁` in GGUF.
    public var wordPrefix: String
    /// Before every other token of a word: `##` in tokenizer.json, empty in GGUF.
    public var continuationPrefix: String
    /// A longer word is unknown.
    public var wordCharactersMax: Int

    public init(wordPrefix: String, continuationPrefix: String, wordCharactersMax: Int) {
        self.wordPrefix = wordPrefix
        self.continuationPrefix = continuationPrefix
        self.wordCharactersMax = wordCharactersMax
    }
}

/// The tokens that have a part to play, by id.
public struct SpecialTokens: Sendable, Equatable {
    /// Begins a text.
    public var bos: Int32?
    /// Ends a text.
    public var eos: Int32?
    /// Ends a turn.
    public var eot: Int32?
    /// Ends a message that awaits a tool's answer.
    public var eom: Int32?
    public var unknown: Int32?
    public var separator: Int32?
    public var padding: Int32?
    public var classification: Int32?
    public var mask: Int32?

    public init() {}
}

/// How the pieces of tokens are joined to text.
public struct DecodingRules: Sendable, Equatable {
    /// How tokens are spelled and joined.
    public enum Spelling: Sendable, Equatable {
        /// Tokens are spelled in GPT-2's byte alphabet.
        case byteAlphabet
        /// Tokens are spelled plainly, `▁` standing for a space.
        case metaspace
        /// Tokens are spelled plainly.
        case plain
        /// Words are joined by spaces, tokens that begin with this continue a word (`##`).
        case wordPieces(continuationPrefix: String)
    }

    public var spelling: Spelling
    /// The first space of a text was put there by encoding and is taken away.
    public var stripsLeadingSpace: Bool
    /// Spaces before `.`, `?`, `!`, `,` and English contractions are taken away (WordPiece).
    public var cleansUpSpaces: Bool

    public init(spelling: Spelling = .byteAlphabet, stripsLeadingSpace: Bool = false, cleansUpSpaces: Bool = false) {
        self.spelling = spelling
        self.stripsLeadingSpace = stripsLeadingSpace
        self.cleansUpSpaces = cleansUpSpaces
    }
}
