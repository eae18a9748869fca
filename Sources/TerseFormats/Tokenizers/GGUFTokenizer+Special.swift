import TerseTokenizer

extension GGUFTokenizer {
    /// The keys of special tokens, with where each is kept.
    static var specialKeys: [(key: String, path: WritableKeyPath<SpecialTokens, Int32?>)] {
        [
            ("tokenizer.ggml.bos_token_id", \.bos), ("tokenizer.ggml.eos_token_id", \.eos),
            ("tokenizer.ggml.eot_token_id", \.eot), ("tokenizer.ggml.eom_token_id", \.eom),
            ("tokenizer.ggml.unknown_token_id", \.unknown), ("tokenizer.ggml.seperator_token_id", \.separator),
            ("tokenizer.ggml.padding_token_id", \.padding), ("tokenizer.ggml.cls_token_id", \.classification),
            ("tokenizer.ggml.mask_token_id", \.mask),
        ]
    }

    func readSpecialTokens(_ definition: inout TokenizerDefinition) throws(FormatError) {
        for (key, path) in Self.specialKeys {
            guard let value = try metadata.integer(key) else { continue }
            // Converters write the -1 of SentencePiece, which is none, into unsigned keys.
            if value == -1 || value == Int(UInt32.max) {
                definition.special[keyPath: path] = nil
                continue
            }
            guard let id = Int32(exactly: value), definition.tokens.indices.contains(Int(id)) else {
                throw fail(
                    .invalid, "\(key) is \(value), but token ids go from 0 to \(definition.tokens.count - 1)")
            }
            definition.special[keyPath: path] = id
        }
    }

    func readTemplate(_ definition: inout TokenizerDefinition, _ defaults: AddedTokens) throws(FormatError) {
        let addsBOS = try metadata.bool("tokenizer.ggml.add_bos_token") ?? defaults.bos
        let addsEOS = try metadata.bool("tokenizer.ggml.add_eos_token") ?? defaults.eos
        let addsSeparator = try metadata.bool("tokenizer.ggml.add_sep_token") ?? defaults.separator
        if addsBOS, let bos = definition.special.bos { definition.prefix = [bos] }
        if addsEOS, let eos = definition.special.eos { definition.suffix = [eos] }
        if addsSeparator, definition.suffix.isEmpty, let separator = definition.special.separator {
            definition.suffix = [separator]
        }
    }

    /// GGUF has no key for what tokens do to the whitespace round them; the models that need it are known by name.
    func readTraits(_ definition: inout TokenizerDefinition) throws(FormatError) {
        let name = (try metadata.string("general.name") ?? "").lowercased()
        let architecture = try metadata.string("general.architecture") ?? ""
        let pre = try metadata.string("tokenizer.ggml.pre") ?? ""
        if ["jina-v2-de", "jina-v2-es", "jina-v2-code"].contains(pre)
            || ["nomic-bert-moe", "jina-bert-v3"].contains(architecture)
        {
            setTraits(TokenTraits(stripsLeft: true), of: ["<mask>"], &definition)
        } else if name.contains("modern-bert") {
            setTraits(TokenTraits(stripsLeft: true), of: ["[MASK]"], &definition)
        } else if name.contains("phi-3") || name.contains("phi3") {
            let plain: Set<String> = ["<unk>", "<s>", "<|endoftext|>"]
            for id in 0..<definition.tokens.count {
                let kind = definition.kinds[id]
                guard kind == .control || kind == .unknown || kind == .userDefined else { continue }
                if !plain.contains(definition.tokens.text(id)) {
                    definition.traits[Int32(id)] = TokenTraits(stripsRight: true)
                }
            }
        }
    }

    private func setTraits(_ traits: TokenTraits, of names: [String], _ definition: inout TokenizerDefinition) {
        for id in definition.tokens.indices where names.contains(definition.tokens.text(id)) {
            definition.traits[Int32(id)] = traits
        }
    }
}

extension ByteStrings {
    var indices: Range<Int> { 0..<count }
}
