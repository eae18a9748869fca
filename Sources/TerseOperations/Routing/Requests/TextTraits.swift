/// What can be seen of a text without understanding it: counts of its characters, lines and words.
///
/// Shares are of 0 … 1.
public struct TextTraits: Sendable, Equatable, Codable {
    public var kind: TextKind
    public var script: Script
    /// Of the words, those that are among the commonest of English.
    public var englishShare: Double
    /// Of the characters that are no spaces.
    public var digitShare: Double
    public var uppercaseShare: Double
    public var symbolShare: Double
    /// Of the characters, those that are spaces or ends of lines.
    public var spaceShare: Double
    /// Mean letters of a word; 0 for none.
    public var lettersPerWord: Double
    /// Mean characters of a line that is not empty; 0 for none.
    public var charactersPerLine: Double

    enum CodingKeys: String, CodingKey, CaseIterable {
        case kind, script
        case englishShare = "english_share"
        case digitShare = "digit_share"
        case uppercaseShare = "uppercase_share"
        case symbolShare = "symbol_share"
        case spaceShare = "space_share"
        case lettersPerWord = "letters_per_word"
        case charactersPerLine = "characters_per_line"
    }

    /// Characters that are looked at, the last ones: what goes on is most like them.
    public static let charactersMax = 2048

    /// Looks at the end of the text.
    public init(of text: String) {
        // A string of its own is walked through much faster than a part of one.
        self.init(TextCounts(String(text.unicodeScalars.suffix(Self.charactersMax)).unicodeScalars))
    }

    init(_ counts: TextCounts) {
        kind = counts.kind
        script = counts.script
        let visible = counts.characters - counts.spaces
        englishShare = Self.share(counts.englishWords, of: counts.words)
        digitShare = Self.share(counts.digits, of: visible)
        uppercaseShare = Self.share(counts.uppercase, of: visible)
        symbolShare = Self.share(counts.codeSymbols, of: visible)
        spaceShare = Self.share(counts.spaces, of: counts.characters)
        lettersPerWord = Self.share(counts.letters, of: counts.words)
        charactersPerLine = Self.share(counts.characters, of: counts.lines)
    }

    private static func share(_ part: Int, of whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}
