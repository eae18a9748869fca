import TerseTokenizer

extension Metadata {
    /// Writes a tokenizer's definition as GGUF keys (`tokenizer.ggml.…`), in place of those that are there.
    ///
    /// - Parameter vocabularySize: Rows of the embedding; a shorter vocabulary is filled up with unused tokens.
    /// - Throws: `FormatError` (`unsupported`) when GGUF has no way to say what the definition says: an unnamed
    ///   pre-tokenisation, a normalisation that no key stands for; `mismatch` when there are more tokens than rows.
    public mutating func setTokenizer(
        _ definition: TokenizerDefinition, vocabularySize: Int? = nil
    ) throws(FormatError) {
        let definition = try padded(definition, to: vocabularySize ?? definition.tokens.count)
        for key in keys where key.hasPrefix("tokenizer.ggml.") { self[key] = nil }
        switch definition.algorithm {
        case .byteLevelBPE(let rules): try setBytePair(definition, rules)
        case .characterBPE(let rules): try setCharacterPair(definition, rules)
        case .sentencePieceBPE: try setSentencePiece(definition, model: "llama")
        case .unigram: try setSentencePiece(definition, model: "t5")
        case .wordPiece(let rules): try setWordPiece(definition, rules)
        }
        self["tokenizer.ggml.token_type"] = .array(MetadataArray(definition.kinds.map(\.rawValue)))
        setSpecialTokens(definition)
    }

    private func padded(
        _ definition: TokenizerDefinition, to size: Int
    ) throws(FormatError) -> TokenizerDefinition {
        guard definition.tokens.count <= size else {
            throw FormatError(
                .mismatch, "\(source): the tokenizer has \(definition.tokens.count) tokens, the embedding \(size) rows")
        }
        var padded = definition
        for id in definition.tokens.count..<size {
            padded.tokens.append("[PAD\(id)]".utf8)
            padded.kinds.append(.unused)
            if !padded.scores.isEmpty { padded.scores.append(0) }
        }
        return padded
    }

    private func unsupported(_ what: String) -> FormatError {
        FormatError(.unsupported, "\(source): the tokenizer cannot be written as GGUF: \(what)")
    }

    private mutating func setTokens(_ tokens: ByteStrings) {
        self["tokenizer.ggml.tokens"] = .array(MetadataArray(byteStrings: (0..<tokens.count).map { Array(tokens[$0]) }))
    }

    private mutating func setBytePair(_ definition: TokenizerDefinition, _ rules: MergeRules) throws(FormatError) {
        let name =
            definition.preTokenizerName
            ?? NamedPreTokenizer.name(
                of: definition.preTokenization.filter { $0 != .addPrefixSpace },
                ignoresMerges: rules.ignoresMergesForWholeWords)
        guard let name else { throw unsupported("its pre-tokenisation has no name in GGUF") }
        var addsSpace = definition.preTokenization.contains(.addPrefixSpace)
        for step in definition.normalization {
            switch step {
            case .prepend(" "): addsSpace = true
            case .nfc: continue  // llama.cpp's files leave it out, too: text is nearly always in this form.
            default: throw unsupported("its normalisation has no key in GGUF")
            }
        }
        self["tokenizer.ggml.model"] = .string("gpt2")
        self["tokenizer.ggml.pre"] = .string(name)
        setTokens(definition.tokens)
        let merges = (0..<rules.left.count).map { Array(rules.left[$0]) + [0x20] + rules.right[$0] }
        self["tokenizer.ggml.merges"] = .array(MetadataArray(byteStrings: merges))
        if addsSpace { self["tokenizer.ggml.add_space_prefix"] = .bool(true) }
    }

    /// Rules by rank over characters become scores: what SentencePiece's models were before they were tokenizer.json.
    private mutating func setCharacterPair(_ definition: TokenizerDefinition, _ rules: MergeRules) throws(FormatError) {
        guard definition.decoding.spelling == .metaspace, definition.byteFallback else {
            throw unsupported("merges over characters without byte tokens have no key in GGUF")
        }
        var ids: [ArraySlice<UInt8>: Int] = [:]
        ids.reserveCapacity(definition.tokens.count)
        for id in (0..<definition.tokens.count).reversed() { ids[definition.tokens[id]] = id }
        var scores = [Double](repeating: 0, count: definition.tokens.count)
        var ranked = [Bool](repeating: false, count: definition.tokens.count)
        var rank = 0.0
        for index in 0..<rules.left.count {
            guard let id = ids[rules.left[index] + rules.right[index]], !ranked[id] else { continue }
            ranked[id] = true
            rank += 1
            scores[id] = -rank
        }
        var plain = definition
        plain.scores = scores
        plain.normalization = [try spaces(of: definition)]
        plain.preTokenization = []
        try setSentencePiece(plain, model: "llama")
    }

    /// The handling of spaces that SentencePiece's keys can express, from tokenizer.json's steps.
    private func spaces(of definition: TokenizerDefinition) throws(FormatError) -> NormalizationStep {
        var addsSpace = false
        var escapes = false
        for step in definition.normalization {
            switch step {
            case .prepend("▁"), .prepend(" "): addsSpace = true
            case .replace(" ", with: "▁"): escapes = true
            default: throw unsupported("its normalisation has no key in GGUF")
            }
        }
        for step in definition.preTokenization {
            guard case .metaspace("▁", let prepend, false) = step else {
                throw unsupported("its pre-tokenisation has no key in GGUF")
            }
            escapes = true
            addsSpace = addsSpace || prepend != .never
        }
        guard escapes else { throw unsupported("its spaces are not spelled ▁") }
        return .sentencePieceSpaces(SentencePieceSpaces(addsSpace: addsSpace, removesExtra: false))
    }

    private mutating func setSentencePiece(_ definition: TokenizerDefinition, model: String) throws(FormatError) {
        self["tokenizer.ggml.model"] = .string(model)
        self["tokenizer.ggml.pre"] = .string("default")
        setTokens(definition.tokens)
        self["tokenizer.ggml.scores"] = .array(MetadataArray(definition.scores.map(Float.init)))
        var spaces: SentencePieceSpaces?
        for step in definition.normalization {
            switch step {
            case .charsmap(let map): self["tokenizer.ggml.precompiled_charsmap"] = .array(MetadataArray(bytes: map))
            case .sentencePieceSpaces(let rules): spaces = rules
            default: throw unsupported("its normalisation has no key in GGUF")
            }
        }
        guard let spaces, spaces.escapes, !spaces.atEnd else {
            throw unsupported("its handling of spaces has no key in GGUF")
        }
        guard definition.preTokenization.isEmpty else { throw unsupported("its pre-tokenisation has no key in GGUF") }
        self["tokenizer.ggml.add_space_prefix"] = .bool(spaces.addsSpace)
        self["tokenizer.ggml.remove_extra_whitespaces"] = .bool(spaces.removesExtra)
    }

    private mutating func setWordPiece(_ definition: TokenizerDefinition, _ rules: WordPieceRules) throws(FormatError) {
        guard case .bert(let bert)? = definition.normalization.first, definition.normalization.count == 1,
            definition.preTokenization == PreTokenizationStep.bertWords
        else { throw unsupported("its normalisation or pre-tokenisation is not BERT's") }
        self["tokenizer.ggml.model"] = .string("bert")
        self["tokenizer.ggml.pre"] = .string("default")
        if rules.wordPrefix == "▁", rules.continuationPrefix.isEmpty {
            setTokens(definition.tokens)
        } else {
            setTokens(Self.phantomSpaceTokens(definition, rules))
        }
        self["tokenizer.ggml.normalizer.lowercase"] = .bool(bert.lowercases)
        self["tokenizer.ggml.normalizer.strip_accents"] = .bool(bert.stripsAccents)
    }

    /// Tokens spelled as GGUF has them: `▁` before those that begin a word, nothing before those that go on with one.
    private static func phantomSpaceTokens(_ definition: TokenizerDefinition, _ rules: WordPieceRules) -> ByteStrings {
        let continuation = Array(rules.continuationPrefix.utf8)
        var tokens = ByteStrings()
        for id in 0..<definition.tokens.count {
            let text = definition.tokens[id]
            if definition.kinds[id] != .normal {
                tokens.append(text)
            } else if text.starts(with: continuation), text.count > continuation.count {
                tokens.append(text.dropFirst(continuation.count))
            } else {
                tokens.append(Array("▁".utf8) + text)
            }
        }
        return tokens
    }

    private mutating func setSpecialTokens(_ definition: TokenizerDefinition) {
        var special = definition.special
        if case .wordPiece = definition.algorithm {  // GGUF's BERT begins with the token it calls beginning of text.
            special.bos = special.bos ?? special.classification
        }
        // Other tokens that end a text go where there is room.
        let known = [special.eos, special.eot, special.eom]
        for id in definition.endOfText.sorted() where !known.contains(id) {
            if special.eot == nil { special.eot = id } else if special.eom == nil { special.eom = id }
        }
        for (key, path) in GGUFTokenizer.specialKeys {
            if let id = special[keyPath: path] { self[key] = .uint32(UInt32(id)) }
        }
        self["tokenizer.ggml.add_bos_token"] = .bool(special.bos.map { definition.prefix == [$0] } ?? false)
        self["tokenizer.ggml.add_eos_token"] = .bool(special.eos.map { definition.suffix == [$0] } ?? false)
        if let separator = special.separator, definition.suffix == [separator], special.separator != special.eos {
            self["tokenizer.ggml.add_sep_token"] = .bool(true)
        }
    }
}
