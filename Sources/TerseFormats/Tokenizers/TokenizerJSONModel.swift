import TerseJSON
import TerseTokenizer

/// Reads the `model` of a tokenizer.json: BPE, Unigram or WordPiece.
struct TokenizerJSONModel {
    private let file: JSONFile
    private let isByteLevel: Bool

    init(_ file: JSONFile, isByteLevel: Bool) {
        self.file = file
        self.isByteLevel = isByteLevel
    }

    func definition() throws(FormatError) -> TokenizerDefinition {
        let type = try file.string("type") ?? (file["merges"] == nil ? "WordPiece" : "BPE")  // Old files leave it out.
        if isByteLevel, type != "BPE" { throw fail(.unsupported, "\(type) over bytes (ByteLevel)") }
        switch type {
        case "BPE": return try bytePair()
        case "Unigram": return try unigram()
        case "WordPiece": return try wordPiece()
        default: throw fail(.unsupported, "type \"\(type)\" is not known; known are BPE, Unigram, WordPiece")
        }
    }

    private func fail(_ code: FormatError.Code, _ message: String) -> FormatError {
        FormatError(code, "\(file.path): \(message)")
    }

    /// The vocabulary of BPE and WordPiece: an object from text to id.
    private func vocabulary() throws(FormatError) -> (tokens: ByteStrings, holes: [Int]) {
        guard let members = file["vocab"]?.objectValue else { throw fail(.missing, "vocab: expected an object") }
        try checkCount(members.count)
        var entries: [(text: String, id: Int)] = []
        entries.reserveCapacity(members.count)
        for (text, value) in members {
            guard let id = value.intValue else {
                throw fail(.mismatch, "vocab: the id of \"\(text)\": expected an integer, found \(value.kindName)")
            }
            entries.append((text, id))
        }
        return try VocabularyHoles.tokens(entries, field: "vocab", file: file.path)
    }

    private func checkCount(_ tokens: Int) throws(FormatError) {
        guard tokens <= TokenizerLimits.tokensMax else {
            throw fail(.limitExceeded, "vocab: \(tokens) tokens, the limit is \(TokenizerLimits.tokensMax)")
        }
    }

    private func withVocabulary(
        _ algorithm: TokenizerDefinition.Algorithm
    ) throws(FormatError) -> TokenizerDefinition {
        let (tokens, holes) = try vocabulary()
        var definition = TokenizerDefinition(algorithm: algorithm, tokens: tokens)
        for id in holes { definition.kinds[id] = .unused }
        definition.special.unknown = try unknownID(tokens)
        return definition
    }

    private func unknownID(_ tokens: ByteStrings) throws(FormatError) -> Int32? {
        guard let text = try file.string("unk_token") else { return nil }
        let bytes = Array(text.utf8)
        return (0..<tokens.count).first { tokens[$0].elementsEqual(bytes) }.map(Int32.init)
    }

    private func bytePair() throws(FormatError) -> TokenizerDefinition {
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let affix = try file.string(key), !affix.isEmpty { throw fail(.unsupported, "\(key) \"\(affix)\"") }
        }
        if let dropout = try file.number("dropout"), dropout != 0 { throw fail(.unsupported, "dropout \(dropout)") }
        var rules = try mergeRules()
        rules.ignoresMergesForWholeWords = try file.bool("ignore_merges") ?? false
        var definition = try withVocabulary(isByteLevel ? .byteLevelBPE(rules) : .characterBPE(rules))
        definition.byteFallback = try file.bool("byte_fallback") ?? false
        definition.fusesUnknown = try file.bool("fuse_unk") ?? false
        return definition
    }

    /// Merges as strings with a space between the sides, or as pairs.
    private func mergeRules() throws(FormatError) -> MergeRules {
        guard let merges = file["merges"]?.arrayValue else { throw fail(.missing, "merges: expected a list") }
        guard merges.count <= TokenizerLimits.mergesMax else {
            throw fail(.limitExceeded, "merges: \(merges.count), the limit is \(TokenizerLimits.mergesMax)")
        }
        var (left, right) = (ByteStrings(), ByteStrings())
        left.reserveCapacity(merges.count, bytes: merges.count * 4)
        right.reserveCapacity(merges.count, bytes: merges.count * 4)
        for (index, merge) in merges.enumerated() {
            if let rule = merge.stringValue, let space = rule.utf8.dropFirst().firstIndex(of: 0x20),
                rule.utf8.index(after: space) < rule.endIndex
            {
                left.append(rule[..<space])
                right.append(rule[rule.utf8.index(after: space)...])
            } else if let pair = merge.arrayValue, pair.count == 2, let first = pair[0].stringValue,
                let second = pair[1].stringValue
            {
                left.append(first[...])
                right.append(second[...])
            } else {
                throw fail(.invalid, "merges[\(index)]: expected \"left right\" or [\"left\", \"right\"]")
            }
        }
        return MergeRules(left: left, right: right)
    }

    private func unigram() throws(FormatError) -> TokenizerDefinition {
        guard let entries = file["vocab"]?.arrayValue else {
            throw fail(.missing, "vocab: expected a list of [text, score]")
        }
        try checkCount(entries.count)
        var tokens = ByteStrings()
        var scores: [Double] = []
        for (id, entry) in entries.enumerated() {
            guard let pair = entry.arrayValue, pair.count == 2, let text = pair[0].stringValue,
                let score = pair[1].doubleValue
            else { throw fail(.invalid, "vocab[\(id)]: expected [text, score]") }
            tokens.append(text[...])
            scores.append(score)
        }
        var definition = TokenizerDefinition(algorithm: .unigram, tokens: tokens, scores: scores)
        if let id = try file.integer("unk_id") {
            guard (0..<tokens.count).contains(id) else {
                throw fail(.invalid, "unk_id is \(id), but ids go from 0 to \(tokens.count - 1)")
            }
            definition.special.unknown = Int32(id)
            definition.kinds[id] = .unknown
        }
        definition.byteFallback = try file.bool("byte_fallback") ?? false
        definition.fusesUnknown = true
        return definition
    }

    private func wordPiece() throws(FormatError) -> TokenizerDefinition {
        let charactersMax = try file.integer("max_input_chars_per_word") ?? 100
        let rules = WordPieceRules(
            wordPrefix: "", continuationPrefix: try file.string("continuing_subword_prefix") ?? "##",
            wordCharactersMax: charactersMax)
        var definition = try withVocabulary(.wordPiece(rules))
        if definition.special.unknown == nil {
            throw fail(.missing, "unk_token \"\(try file.string("unk_token") ?? "")\" is not in vocab")
        }
        definition.decoding = DecodingRules(spelling: .plain)
        return definition
    }
}
