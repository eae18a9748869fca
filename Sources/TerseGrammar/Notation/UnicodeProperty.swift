/// Sets of scalars by their general category, for `\p{…}` and for what dialects call digits and words.
enum UnicodeProperty {
    /// The set that `\p{name}` means (ECMA-262, 22.2.2.9: general categories by short or long name); nil for others.
    static func set(_ name: String) -> SymbolSet? {
        let parts = name.split(separator: "=", maxSplits: 1)
        if parts.count == 2, !["gc", "General_Category"].contains(parts[0]) { return nil }
        guard let value = parts.last, let codes = categories[String(value)] else { return nil }
        return SymbolSet(codes.flatMap { ranges[$0] ?? [] })
    }

    static let decimalDigits = SymbolSet(ranges["Nd"] ?? [])

    /// Letters, marks, numbers and connectors: at least what any dialect takes for `\w`.
    static let wordCharacters = SymbolSet(
        ["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc"].flatMap { ranges[$0] ?? [] })

    /// Short names and the usual long ones, and the categories that each is made of.
    private static let categories: [String: [String]] = {
        var result: [String: [String]] = [:]
        for code in names.values { result[code] = [code] }
        let groups = ["L": "Letter", "M": "Mark", "N": "Number", "P": "Punctuation", "S": "Symbol", "Z": "Separator"]
        for (letter, long) in groups {
            let codes = names.values.filter { $0.hasPrefix(letter) }
            result[letter] = codes
            result[long] = codes
        }
        let long = [
            "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm",
            "Other_Letter": "Lo", "Decimal_Number": "Nd", "Letter_Number": "Nl", "Other_Number": "No",
            "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Space_Separator": "Zs",
            "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Math_Symbol": "Sm", "Currency_Symbol": "Sc",
            "punct": "P", "digit": "Nd",
        ]
        for (name, code) in long { result[name] = result[code] }
        return result
    }()

    private static let names: [Unicode.GeneralCategory: String] = [
        .uppercaseLetter: "Lu", .lowercaseLetter: "Ll", .titlecaseLetter: "Lt", .modifierLetter: "Lm",
        .otherLetter: "Lo", .nonspacingMark: "Mn", .spacingMark: "Mc", .enclosingMark: "Me", .decimalNumber: "Nd",
        .letterNumber: "Nl", .otherNumber: "No", .connectorPunctuation: "Pc", .dashPunctuation: "Pd",
        .openPunctuation: "Ps", .closePunctuation: "Pe", .initialPunctuation: "Pi", .finalPunctuation: "Pf",
        .otherPunctuation: "Po", .mathSymbol: "Sm", .currencySymbol: "Sc", .modifierSymbol: "Sk", .otherSymbol: "So",
        .spaceSeparator: "Zs", .lineSeparator: "Zl", .paragraphSeparator: "Zp",
    ]

    /// The scalars of each category, by one look at every scalar: some tens of milliseconds, once.
    private static let ranges: [String: [ClosedRange<UInt32>]] = {
        var result: [String: [ClosedRange<UInt32>]] = [:]
        var start: UInt32 = 0
        var current: Unicode.GeneralCategory?
        for value in 0...UInt32(0x10FFFF) + 1 {
            let category = Unicode.Scalar(value)?.properties.generalCategory
            if category != current || value == 0x110000 {
                if let current, let name = names[current], value > start {
                    result[name, default: []].append(start...(value - 1))
                }
                start = value
                current = category
            }
        }
        return result
    }()
}
