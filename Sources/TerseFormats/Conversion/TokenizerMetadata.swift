import TerseTokenizer

/// A tokenizer as GGUF metadata (`tokenizer.ggml.…`), as llama.cpp's converter writes it.
struct TokenizerMetadata {
    let definition: TokenizerDefinition
    /// The file that errors name.
    let source: String
    /// Rows of the embedding; a shorter vocabulary is filled up with unused tokens.
    let vocabularySize: Int?

    private static let prefix = "tokenizer.ggml."

    func metadata() throws(FormatError) -> Metadata {
        let size = vocabularySize ?? definition.tokens.count
        guard definition.tokens.count <= size else {
            throw FormatError(
                .mismatch, "\(source): the tokenizer has \(definition.tokens.count) tokens, the embedding \(size) rows")
        }
        var metadata = Metadata(source: source)
        func set(_ key: String, _ value: MetadataValue) { metadata[Self.prefix + key] = value }
        var scores = definition.scores
        switch definition.algorithm {
        case .byteLevelBPE(let rules):
            guard let name = definition.preTokenizerName else {
                throw FormatError(
                    .unsupported,
                    "\(source): the tokenizer cuts text in a way that GGUF has no name for (tokenizer.ggml.pre)")
            }
            set("model", .string("gpt2"))
            set("pre", .string(name))
            set("merges", .array(Self.merges(rules)))
        case .sentencePieceBPE: set("model", .string("llama"))
        case .characterBPE(let rules):
            set("model", .string("llama"))
            scores = try scoresOfMerges(rules)
        case .unigram: set("model", .string("t5"))
        case .wordPiece: set("model", .string("bert"))
        }
        if metadata[Self.prefix + "pre"] == nil { set("pre", .string("default")) }
        set("tokens", .array(MetadataArray(byteStrings: tokens(size: size))))
        if !scores.isEmpty {
            set("scores", .array(MetadataArray(scores + [Float](repeating: 0, count: size - scores.count))))
        }
        let kinds = definition.kinds.map(\.rawValue)
        set(
            "token_type",
            .array(MetadataArray(kinds + [Int32](repeating: TokenKind.unused.rawValue, count: size - kinds.count))))
        for (key, id) in specialIDs() { metadata[key] = .uint32(UInt32(id)) }
        set("add_bos_token", .bool(definition.addsBOS))
        set("add_eos_token", .bool(definition.addsEOS))
        setNormalization(&metadata)
        return metadata
    }

    private static func merges(_ rules: MergeRules) -> MetadataArray {
        MetadataArray(byteStrings: (0..<rules.left.count).map { rules.left[$0] + [0x20] + rules.right[$0] })
    }

    /// SentencePiece merges the pair whose token scores highest: minus the lowest rank of a rule that makes it.
    private func scoresOfMerges(_ rules: MergeRules) throws(FormatError) -> [Float] {
        guard definition.decoding.spelling == .metaspace else {
            throw FormatError(
                .unsupported, "\(source): GGUF has no place for a character-level BPE that does not escape spaces")
        }
        var ranks: [ArraySlice<UInt8>: Int] = [:]
        for rank in 0..<rules.left.count {
            let merged = rules.left[rank] + rules.right[rank]
            if ranks[merged] == nil { ranks[merged] = rank }
        }
        return (0..<definition.tokens.count).map { id in
            Float(-(ranks[definition.tokens[id]] ?? rules.left.count))
        }
    }

    private func tokens(size: Int) -> [[UInt8]] {
        var tokens = (0..<definition.tokens.count).map { Array(definition.tokens[$0]) }
        if case .wordPiece(let rules) = definition.algorithm { respell(&tokens, rules) }
        for id in tokens.count..<size { tokens.append(Array("[PAD\(id)]".utf8)) }
        return tokens
    }

    /// GGUF marks the tokens that begin a word with `▁` and leaves the others bare.
    private func respell(_ tokens: inout [[UInt8]], _ rules: WordPieceRules) {
        let (word, rest) = (Array(rules.wordPrefix.utf8), Array(rules.continuationPrefix.utf8))
        for id in tokens.indices where definition.kinds[id] != .control && definition.kinds[id] != .unknown {
            if !rest.isEmpty, tokens[id].starts(with: rest) {
                tokens[id].removeFirst(rest.count)
            } else if tokens[id].starts(with: word) {
                tokens[id] = Array("▁".utf8) + tokens[id].dropFirst(word.count)
            }
        }
    }

    private func specialIDs() -> [(String, Int32)] {
        var special = definition.special
        // Other tokens that end a text go where there is room.
        let known = [special.eos, special.eot, special.eom].compactMap { $0 }
        for id in definition.endOfText.sorted() where !known.contains(id) {
            if special.eot == nil { special.eot = id } else if special.eom == nil { special.eom = id }
        }
        return GGUFTokenizer.specialKeys.compactMap { key, path in special[keyPath: path].map { (key, $0) } }
    }

    private func setNormalization(_ metadata: inout Metadata) {
        for step in definition.normalization {
            switch step {
            case .charsmap(let map): metadata[Self.prefix + "precompiled_charsmap"] = .array(MetadataArray(bytes: map))
            case .sentencePieceSpaces(let spaces):
                metadata[Self.prefix + "add_space_prefix"] = .bool(spaces.addsSpace)
                metadata[Self.prefix + "remove_extra_whitespaces"] = .bool(spaces.removesExtra)
            case .prepend(let text): metadata[Self.prefix + "add_space_prefix"] = .bool(text == " " || text == "▁")
            case .bert(let rules):
                metadata[Self.prefix + "normalizer.lowercase"] = .bool(rules.lowercases)
                metadata[Self.prefix + "normalizer.strip_accents"] = .bool(rules.stripsAccents)
            default: break
            }
        }
    }
}
