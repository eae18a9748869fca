/// A set of scalars that a split pattern names.
public enum ScalarSet: Sendable, Equatable {
    /// `\p{N}`
    case number
    /// `[0-9]`
    case asciiDigit
    /// `\p{L}`
    case letter
    /// `\p{P}`
    case punctuation
    /// `\p{P}` and ASCII's symbols: what BERT and Hugging Face's `Punctuation` cut at.
    case punctuationOrASCIISymbol
    /// ``[\p{P}\$\+<=>\^~\|]``: the same without the backtick.
    case defaultPunctuation
    /// `\s`
    case whitespace
    /// `[\r\n]`
    case newline
    /// ``[^(\s|.,!?…。，、।۔،)]``
    case bloomWord
    /// `[一-龥ࠀ-一가-퟿]`
    case deepSeekCJK
    /// `[一-龥぀-ゟ゠-ヿ]`
    case deepSeekV3CJK
    /// `[!-/:-~！-／：-～‘-‟　-。]`
    case deepSeekPunctuation
    /// The letters of alphabets with case that DeepSeek LLM's expression lists.
    case deepSeekLetter

    func contains(_ value: UInt32, _ kind: ScalarClass) -> Bool {
        switch self {
        case .number: kind.any(.number)
        case .asciiDigit: value &- 0x30 < 10
        case .letter: kind.any(.letter)
        case .punctuation: kind.any(.punctuation)
        case .punctuationOrASCIISymbol: kind.any(.punctuation) || (value < 0x80 && kind.any(.symbol))
        case .defaultPunctuation: value != 0x60 && Self.punctuationOrASCIISymbol.contains(value, kind)
        case .whitespace: kind.any(.space)
        case .newline: value == 0x0A || value == 0x0D
        case .bloomWord: !kind.any(.space) && !Self.isBloomBreak(value)
        case .deepSeekCJK: (0x800...0x9FA5).contains(value) || (0xAC00...0xD7FF).contains(value)
        case .deepSeekV3CJK: (0x4E00...0x9FA5).contains(value) || (0x3040...0x30FF).contains(value)
        case .deepSeekPunctuation: Self.isDeepSeekPunctuation(value)
        case .deepSeekLetter: DeepSeekLetters.contains(value)
        }
    }

    private static func isBloomBreak(_ value: UInt32) -> Bool {
        switch value {
        case 0x28, 0x29, 0x7C, 0x2E, 0x2C, 0x21, 0x3F, 0x2026, 0x3002, 0xFF0C, 0x3001, 0x0964, 0x06D4, 0x060C: true
        default: false
        }
    }

    private static func isDeepSeekPunctuation(_ value: UInt32) -> Bool {
        switch value {
        case 0x21...0x2F, 0x3A...0x7E, 0xFF01...0xFF0F, 0xFF1A...0xFF5E, 0x2018...0x201F, 0x3000...0x3002: true
        default: false
        }
    }
}
