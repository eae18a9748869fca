/// Words that tell sorts of text apart, each known by its first eight letters in a number.
enum WordList {
    /// The function words that are half of all English, in any style.
    static let english = keys(
        "the of and to a in is it that was he for on as with his be at by had not are but from have they which you she "
            + "her him this we were been will would there their what so if no my me all an or one who them then")
    /// Words of programming languages that prose has rarely.
    static let code = keys(
        "func def elif const struct enum void static public private protected import include define return returns "
            + "null nil none self true false int uint float double bool str string var let fn impl async await lambda "
            + "extern typedef namespace printf println println select insert")
    /// Words of mathematics that other texts have rarely.
    static let mathematics = keys(
        "equation equations integral derivative polynomial theorem lemma proof matrix vector triangle probability sqrt "
            + "calculate compute solve simplify integer integers prime fraction percent divisor divisible remainder "
            + "sum product angle radius perimeter area cosine sine logarithm inequality")

    /// - Returns: the key with the letter added; a word's key begins with 0.
    static func key(_ key: UInt64, adding letter: UInt8) -> UInt64 {
        key >> 56 == 0 ? key << 8 | UInt64(letter) : key
    }

    private static func keys(_ words: String) -> Set<UInt64> {
        Set(words.split(separator: " ").map { $0.utf8.reduce(0) { key($0, adding: $1) } })
    }
}
