import TerseTokenizer

/// The regular expressions of published tokenizers, by their text, as the patterns that recognise the same.
enum KnownExpressions {
    static func pattern(_ expression: String) -> SplitPattern? { table[expression] }

    /// An expression that is recognised as `pattern`.
    static func expression(for pattern: SplitPattern) -> String? { all.first { $0.1 == pattern }?.0 }

    private static let all = classes + words + casedWords
    private static let table: [String: SplitPattern] = Dictionary(all, uniquingKeysWith: { first, _ in first })

    private static let spaces = #"|\s+(?!\S)|\s+"#
    private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"

    /// Expressions of one class of characters.
    private static let classes: [(String, SplitPattern)] = [
        (#"\p{N}"#, .each(.number)),
        (#"\p{N}{1}"#, .each(.number)),
        (#"\p{N}+"#, .all(.number)),
        (#"\p{N}{1,3}"#, .run(.number, minimum: 1, maximum: 3, after: .nothing)),
        (#"[0-9]"#, .each(.asciiDigit)),
        (#"[0-9]+"#, .all(.asciiDigit)),
        (#"[0-9][0-9][0-9]"#, .run(.asciiDigit, minimum: 3, maximum: 3, after: .nothing)),
        ("[\r\n]", .each(.newline)),
        (#"[\r\n]"#, .each(.newline)),
        (#"\s+"#, .all(.whitespace)),
        (#"\s+$"#, .trailingSpace),
        (#"[^\n]+|[\n]+"#, .lines),
        (#"\w+|[^\w\s]+"#, .wordsOrPunctuation),
        (#"\s?\p{L}+"#, .run(.letter, minimum: 1, maximum: .max, after: .whitespace)),
        (#"\s?\p{P}+"#, .run(.punctuation, minimum: 1, maximum: .max, after: .whitespace)),
        ("[一-龥ࠀ-一가-퟿]+", .all(.deepSeekCJK)),
        ("[一-龥぀-ゟ゠-ヿ]+", .all(.deepSeekV3CJK)),
        (
            "\\s?[!-/:-~！-／：-～‘-‟　-。]+",
            .run(.deepSeekPunctuation, minimum: 1, maximum: .max, after: .whitespace)
        ),
        (DeepSeekExpression.text, .run(.deepSeekLetter, minimum: 1, maximum: .max, after: .whitespace)),
        (#" ?[^(\s|.,!?…。，、।۔،)]+"#, .run(.bloomWord, minimum: 1, maximum: .max, after: .space)),
        (#" ?[^(\s|[.,!?…。，、।۔،])]+"#, .run(.bloomWord, minimum: 1, maximum: .max, after: .space)),
    ]

    /// GPT-2's words and those of the GPT-4 family.
    private static let words: [(String, SplitPattern)] =
        [
            ("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+" + spaces, .gpt2),
            ("'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+" + spaces, .gpt2),
            (
                #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]"#
                    + spaces, .words(WordRules())
            ),
            (
                #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]"#
                    + spaces, .words(WordRules(digitsMax: 1))
            ),
            (
                contractions + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+"#
                    + spaces, .words(WordRules(lettersIncludeMarks: true, digitsMax: 1))
            ),
            (
                #"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"# + spaces,
                .words(WordRules(contractions: false, digitsMax: 1))
            ),
            (
                contractions + "|[^\r\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\r\n]+|\\s*[\r\n]+" + spaces,
                .words(WordRules(digitsMax: 1, punctuationTail: .nothing))
            ),
            (
                "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+"
                    + spaces, .punctuatedWords
            ),
        ]
        + [("\\p{N}{1,3}", 3), ("\\p{N}", 1), ("\\p{N}+", Int.max)].map { digits, maximum in
            (
                contractions + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + digits
                    + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+" + spaces, .words(WordRules(digitsMax: maximum))
            )
        }

    /// GPT-4o's words, with contractions, and Mistral's, without.
    private static let casedWords: [(String, SplitPattern)] = [(3, "{1,3}"), (1, "")].flatMap { digits, count in
        ["(?i:'s|'t|'re|'ve|'m|'ll|'d)?", ""].map { suffix in
            let prefix = #"[^\r\n\p{L}\p{N}]?"#
            let (upper, lower) = (#"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#, #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#)
            return (
                "\(prefix)\(upper)*\(lower)+\(suffix)|\(prefix)\(upper)+\(lower)*\(suffix)|\\p{N}\(count)"
                    + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+"# + spaces,
                .casedWords(
                    WordRules(contractions: !suffix.isEmpty, digitsMax: digits, punctuationTail: .newlinesAndSlashes))
            )
        }
    }
}
