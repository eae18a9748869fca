/// Words that tell sorts of text apart, each known by its first eight letters in a number.
enum WordList {
    /// What a word is typical of.
    enum Sort {
        /// The function words that are half of all English, in any style.
        case english
        /// What programming languages have and prose rarely has.
        case code
        /// What people say when they speak of programs.
        case programming
        /// What mathematics has and other texts rarely have.
        case mathematics
    }

    static let sorts = keys(.english, english).merging(keys(.code, code)) { $1 }
        .merging(keys(.programming, programming)) { $1 }.merging(keys(.mathematics, mathematics)) { $1 }

    private static let english =
        "the of and to a in is it that was he for on as with his be at by had not are but from have they which you she "
        + "her him this we were been will would there their what so if no my me all an or one who them then"
    private static let code =
        "func def elif const struct enum void static public private protected import include define return returns "
        + "null nil none self true false int uint float double bool str string var let fn impl async await lambda "
        + "extern typedef namespace printf println println select insert"
    private static let programming =
        "python java javascript typescript kotlin haskell html css sql json yaml regex algorithm compiler recursion"
    private static let mathematics =
        "equation equations integral derivative polynomial theorem lemma proof matrix vector triangle probability sqrt "
        + "calculate compute solve simplify integer integers prime fraction percent divisor divisible remainder "
        + "sum product angle radius perimeter area cosine sine logarithm inequality"

    /// - Returns: the key with the letter added; a word's key begins with 0.
    static func key(_ key: UInt64, adding letter: UInt8) -> UInt64 {
        key >> 56 == 0 ? key << 8 | UInt64(letter) : key
    }

    private static func keys(_ sort: Sort, _ words: String) -> [UInt64: Sort] {
        Dictionary(
            words.split(separator: " ").map { ($0.utf8.reduce(0) { key($0, adding: $1) }, sort) },
            uniquingKeysWith: { first, _ in first })
    }
}
