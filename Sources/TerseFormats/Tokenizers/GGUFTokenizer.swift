import TerseTokenizer

/// Reads a tokenizer's definition from GGUF metadata (`tokenizer.ggml.…`).
struct GGUFTokenizer {
    let metadata: Metadata

    /// The definition, or nil when the metadata holds no tokenizer.
    /// - Throws: `FormatError` naming the file, the key and what does not fit.
    static func definition(_ metadata: Metadata) throws(FormatError) -> TokenizerDefinition? {
        guard let model = try metadata.string("tokenizer.ggml.model"), model != "none", model != "no_vocab" else {
            return nil
        }
        return try GGUFTokenizer(metadata: metadata).read(model)
    }

    private func read(_ model: String) throws(FormatError) -> TokenizerDefinition {
        var definition = TokenizerDefinition(algorithm: .sentencePieceBPE, tokens: try tokens())
        definition.kinds = try kinds(definition.tokens.count)
        definition.scores = try scores(definition.tokens.count)
        var adds = AddedTokens()
        switch model {
        case "gpt2": adds = try readBytePair(&definition)
        case "llama": adds = try readSentencePiece(&definition)
        case "t5": adds = try readUnigram(&definition)
        case "bert": adds = try readWordPiece(&definition)
        case "gemma4": adds = try readCharacterPair(&definition)
        default:
            throw FormatError(
                .unsupported,
                "\(metadata.source): tokenizer.ggml.model: \"\(model)\" is not known; known are gpt2, llama, t5, bert, gemma4"
            )
        }
        try readSpecialTokens(&definition)
        try readTemplate(&definition, adds)
        definition.detectEndOfText(amongNormal: true)
        try readTraits(&definition)
        return definition
    }

    /// What goes before and after a text unless the file says otherwise.
    struct AddedTokens {
        var bos = false
        var eos = false
        var separator = false
    }

    func fail(_ code: FormatError.Code, _ message: String) -> FormatError {
        FormatError(code, "\(metadata.source): \(message)")
    }

    // MARK: Arrays

    private func tokens() throws(FormatError) -> ByteStrings {
        let array = try stringArray("tokenizer.ggml.tokens", max: TokenizerLimits.tokensMax)
        var tokens = ByteStrings()
        tokens.reserveCapacity(array.count, bytes: array.payload.count - 8 * array.count)
        array.forEachString { _, utf8 in tokens.append(utf8) }
        return tokens
    }

    /// The array at `key`, which must be there and hold at most `limit` strings.
    private func stringArray(_ key: String, max limit: Int) throws(FormatError) -> MetadataArray {
        guard let array = try metadata.array(key) else { throw fail(.missing, "metadata key \(key) is missing") }
        guard array.elementType == .string else {
            throw fail(
                .mismatch,
                "metadata key \(key): expected an array of strings, found \(array.elementType)[\(array.count)]")
        }
        guard array.count <= limit, array.payload.count <= TokenizerLimits.textBytesMax else {
            throw fail(
                .limitExceeded,
                "metadata key \(key): \(array.count) strings of \(array.payload.count) bytes, "
                    + "the limit is \(limit) of \(TokenizerLimits.textBytesMax)")
        }
        return array
    }

    /// Checks, before it is decoded, that the array at `key` has an element for each token.
    private func checkCount(_ key: String, _ tokens: Int) throws(FormatError) {
        guard let count = try metadata.array(key)?.count, count != tokens else { return }
        throw fail(.mismatch, "\(key) has \(count) elements for \(tokens) tokens")
    }

    private func kinds(_ count: Int) throws(FormatError) -> [TokenKind] {
        try checkCount("tokenizer.ggml.token_type", count)
        guard let raw = try metadata.integers("tokenizer.ggml.token_type") else {
            return Array(repeating: .normal, count: count)
        }
        return raw.map { Int32(exactly: $0).flatMap(TokenKind.init) ?? .undefined }
    }

    private func scores(_ count: Int) throws(FormatError) -> [Double] {
        try checkCount("tokenizer.ggml.scores", count)
        return try metadata.floats("tokenizer.ggml.scores")?.map(Double.init) ?? []
    }

    /// Rules spelled `left right`: the first space that is not the first character parts them.
    private func mergeRules(ignoresMerges: Bool) throws(FormatError) -> MergeRules {
        let merges = try stringArray("tokenizer.ggml.merges", max: TokenizerLimits.mergesMax)
        var (left, right) = (ByteStrings(), ByteStrings())
        left.reserveCapacity(merges.count, bytes: merges.payload.count - 8 * merges.count)
        right.reserveCapacity(merges.count, bytes: merges.payload.count - 8 * merges.count)
        var broken: Int?
        merges.forEachString { index, rule in
            guard let space = Self.space(in: rule) else {
                broken = broken ?? index
                return
            }
            left.append(UnsafeRawBufferPointer(rebasing: rule[..<space]))
            right.append(UnsafeRawBufferPointer(rebasing: rule[(space + 1)...]))
        }
        if let broken {
            throw fail(.invalid, "tokenizer.ggml.merges[\(broken)]: expected two tokens and a space between")
        }
        return MergeRules(left: left, right: right, ignoresMergesForWholeWords: ignoresMerges)
    }

    private static func space(in rule: UnsafeRawBufferPointer) -> Int? {
        var index = 1
        while index < rule.count {
            if rule[index] == 0x20 { return index }
            index += 1
        }
        return nil
    }

    // MARK: Algorithms

    private func readBytePair(_ definition: inout TokenizerDefinition) throws(FormatError) -> AddedTokens {
        let name = try metadata.string("tokenizer.ggml.pre") ?? "default"
        let named: NamedPreTokenizer
        do { named = try NamedPreTokenizer.named(name) } catch { throw FormatError(error, file: metadata.source) }
        definition.algorithm = .byteLevelBPE(try mergeRules(ignoresMerges: named.ignoresMerges))
        definition.preTokenization = named.steps
        definition.preTokenizerName = name
        definition.decoding = DecodingRules(spelling: .byteAlphabet)
        if try metadata.bool("tokenizer.ggml.add_space_prefix") ?? false {
            definition.normalization = [.prepend(" ")]
        }
        return AddedTokens(bos: named.addsBOS, separator: named.addsSeparator)
    }

    private func readSentencePiece(_ definition: inout TokenizerDefinition) throws(FormatError) -> AddedTokens {
        definition.algorithm = .sentencePieceBPE
        if definition.scores.isEmpty { definition.scores = Array(repeating: 0, count: definition.tokens.count) }
        let addsSpace = try metadata.bool("tokenizer.ggml.add_space_prefix") ?? true
        try readSpaces(&definition, addsSpace: addsSpace)
        definition.byteFallback = true
        setDefaults(&definition.special, count: definition.tokens.count, bos: 1, eos: 2, unknown: 0)
        return AddedTokens(bos: true)
    }

    private func readUnigram(_ definition: inout TokenizerDefinition) throws(FormatError) -> AddedTokens {
        definition.algorithm = .unigram
        if definition.scores.isEmpty { definition.scores = Array(repeating: 0, count: definition.tokens.count) }
        try readSpaces(&definition, addsSpace: try metadata.bool("tokenizer.ggml.add_space_prefix") ?? false)
        definition.fusesUnknown = true
        setDefaults(&definition.special, count: definition.tokens.count, eos: 1, unknown: 2, padding: 0)
        return AddedTokens(eos: true)
    }

    private func readSpaces(_ definition: inout TokenizerDefinition, addsSpace: Bool) throws(FormatError) {
        let key = "tokenizer.ggml.precompiled_charsmap"
        let bytes = try metadata.array(key)?.count ?? 0
        guard bytes <= TokenizerLimits.charsmapBytesMax else {
            throw fail(
                .limitExceeded, "metadata key \(key): \(bytes) bytes, the limit is \(TokenizerLimits.charsmapBytesMax)")
        }
        if let map = try metadata.integers(key), !map.isEmpty {
            definition.normalization.append(.charsmap(map.map { UInt8(truncatingIfNeeded: $0) }))
        }
        let removesExtra = try metadata.bool("tokenizer.ggml.remove_extra_whitespaces") ?? false
        definition.normalization.append(
            .sentencePieceSpaces(SentencePieceSpaces(addsSpace: addsSpace, removesExtra: removesExtra)))
        definition.decoding = DecodingRules(spelling: .metaspace, stripsLeadingSpace: addsSpace)
    }

    private func readWordPiece(_ definition: inout TokenizerDefinition) throws(FormatError) -> AddedTokens {
        definition.algorithm = .wordPiece(
            WordPieceRules(wordPrefix: "▁", continuationPrefix: "", wordCharactersMax: .max))
        let lowercases = try metadata.bool("tokenizer.ggml.normalizer.lowercase") ?? true
        let stripsAccents = try metadata.bool("tokenizer.ggml.normalizer.strip_accents") ?? lowercases
        definition.normalization = [.bert(BertNormalization(stripsAccents: stripsAccents, lowercases: lowercases))]
        definition.preTokenization = PreTokenizationStep.bertWords
        definition.decoding = DecodingRules(spelling: .metaspace, stripsLeadingSpace: true, cleansUpSpaces: true)
        setDefaults(
            &definition.special, count: definition.tokens.count, bos: 101, unknown: 100, padding: 0, separator: 102,
            mask: 103)
        return AddedTokens(bos: true, separator: true)
    }

    private func readCharacterPair(_ definition: inout TokenizerDefinition) throws(FormatError) -> AddedTokens {
        definition.algorithm = .characterBPE(try mergeRules(ignoresMerges: false))
        definition.normalization = [.replace(" ", with: "▁")]
        definition.preTokenization = [.isolate(.lines)]
        definition.preTokenizerName = "gemma4"
        definition.byteFallback = true
        definition.decoding = DecodingRules(spelling: .metaspace)
        return AddedTokens(bos: true)
    }

    /// The ids that GGUF files leave unsaid, as far as the vocabulary reaches.
    private func setDefaults(
        _ special: inout SpecialTokens, count: Int, bos: Int32? = nil, eos: Int32? = nil, unknown: Int32? = nil,
        padding: Int32? = nil, separator: Int32? = nil, mask: Int32? = nil
    ) {
        func valid(_ id: Int32?) -> Int32? { id.flatMap { Int($0) < count ? $0 : nil } }
        special.bos = valid(bos)
        special.eos = valid(eos)
        special.unknown = valid(unknown)
        special.padding = valid(padding)
        special.separator = valid(separator)
        special.mask = valid(mask)
    }
}

extension PreTokenizationStep {
    /// BERT's words: cut at whitespace, which vanishes, and round each punctuation character.
    static let bertWords: [PreTokenizationStep] = [
        .split(.all(.whitespace), .removed, inverted: false), .isolate(.each(.punctuationOrASCIISymbol)),
    ]
}
