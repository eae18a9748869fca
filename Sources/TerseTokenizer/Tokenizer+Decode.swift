extension Tokenizer {
    /// The text of `ids`; ill-formed UTF-8 becomes U+FFFD. Ids outside the vocabulary add nothing.
    /// - Parameter skipSpecial: Control tokens leave nothing behind.
    public func decode(_ ids: some Sequence<Int32>, skipSpecial: Bool = true) -> String {
        var detokenizer = StreamingDetokenizer(self, skipSpecial: skipSpecial)
        var text = ""
        for id in ids { text += detokenizer.append(id) }
        return text + detokenizer.finish()
    }

    /// The bytes that token `id` stands for in the middle of a text: not always well-formed UTF-8. Empty for an id
    /// outside the vocabulary.
    public func piece(_ id: Int32) -> [UInt8] {
        pieces.contains(id) ? Array(pieces[Int(id)]) : []
    }
}
