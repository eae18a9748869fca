/// The Unicode categories that pre-tokenisers tell apart, as bits.
struct ScalarClass: OptionSet, Sendable {
    let rawValue: UInt8

    /// `\p{L}`
    static let letter = ScalarClass(rawValue: 1)
    /// `\p{N}`
    static let number = ScalarClass(rawValue: 2)
    /// `\p{M}`
    static let mark = ScalarClass(rawValue: 4)
    /// `\p{P}`
    static let punctuation = ScalarClass(rawValue: 8)
    /// `\p{S}`
    static let symbol = ScalarClass(rawValue: 16)
    /// `\s`: the White_Space property.
    static let space = ScalarClass(rawValue: 32)
    /// `\p{Lu}` or `\p{Lt}`, beside `letter`.
    static let upper = ScalarClass(rawValue: 64)
    /// `\p{Ll}`, beside `letter`.
    static let lower = ScalarClass(rawValue: 128)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ scalar: Unicode.Scalar) {
        let properties = scalar.properties
        var value: ScalarClass =
            switch properties.generalCategory {
            case .uppercaseLetter, .titlecaseLetter: [.letter, .upper]
            case .lowercaseLetter: [.letter, .lower]
            case .modifierLetter, .otherLetter: .letter
            case .decimalNumber, .letterNumber, .otherNumber: .number
            case .nonspacingMark, .spacingMark, .enclosingMark: .mark
            case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
                .finalPunctuation, .otherPunctuation:
                .punctuation
            case .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol: .symbol
            default: []
            }
        if properties.isWhitespace { value.insert(.space) }
        self = value
    }

    /// Whether any of `classes` applies.
    @inline(__always)
    func any(_ classes: ScalarClass) -> Bool { rawValue & classes.rawValue != 0 }
}
