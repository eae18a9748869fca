import TerseJSON
import TerseTokenizer

/// Reads Hugging Face's tokenizer.json. What it asks for and this program does not do is an error that names it.
struct TokenizerJSON {
    let file: JSONFile

    init(_ file: JSONFile) { self.file = file }

    /// - Throws: `FormatError` naming the file, the entry and what is wrong with it.
    func definition() throws(FormatError) -> TokenizerDefinition {
        guard let model = try file.object("model") else {
            throw FormatError(.missing, "\(file.path): model is missing")
        }
        let steps = try preTokenization()
        var definition = try TokenizerJSONModel(model, isByteLevel: steps.isByteLevel).definition()
        definition.normalization = try normalization()
        definition.preTokenization = steps.steps
        try addTokens(&definition)
        try readDecoder(&definition)
        try readPostProcessor(&definition)
        if case .byteLevelBPE(let rules) = definition.algorithm {
            definition.preTokenizerName = NamedPreTokenizer.name(
                of: definition.preTokenization.filter { $0 != .addPrefixSpace },
                ignoresMerges: rules.ignoresMergesForWholeWords)
        }
        findSpecialTokens(&definition)
        definition.detectEndOfText()
        return definition
    }

    func unsupported(_ what: String) -> FormatError { FormatError(.unsupported, "\(file.path): \(what)") }

    // MARK: Added tokens

    private func addTokens(_ definition: inout TokenizerDefinition) throws(FormatError) {
        guard let list = file["added_tokens"] else { return }
        guard let entries = list.arrayValue else {
            throw FormatError(.mismatch, "\(file.path): added_tokens: expected a list, found \(list.kindName)")
        }
        let contents = entries.compactMap { $0["content"]?.stringValue }
        var ids = definition.ids(spelled: contents).filter { definition.kinds[Int($0.value)] != .unused }
        let inModel = ids
        var added: [Int32: (content: String, kind: TokenKind)] = [:]
        for (index, entry) in entries.enumerated() {
            guard let object = entry.objectValue else {
                throw FormatError(
                    .mismatch, "\(file.path): added_tokens[\(index)]: expected an object, found \(entry.kindName)")
            }
            let token = JSONFile(path: "\(file.path): added_tokens[\(index)]", root: object)
            let content = try token.required("content", token.string("content"))
            guard !content.isEmpty else { continue }  // Matches nothing.
            let stated = try token.required("id", token.integer("id"))
            guard let id = ids[content] ?? Int32(exactly: stated), id >= 0 else {
                throw FormatError(.invalid, "\(token.path): id is \(stated), expected 0 or more")
            }
            ids[content] = id
            added[id] = (content, try token.bool("special") ?? false ? .control : .userDefined)
            var traits = TokenTraits(
                stripsLeft: try token.bool("lstrip") ?? false, stripsRight: try token.bool("rstrip") ?? false,
                singleWord: try token.bool("single_word") ?? false, normalized: try token.bool("normalized") ?? false)
            traits.isOutsideModel = inModel[content] == nil
            if traits != TokenTraits() { definition.traits[id] = traits }
        }
        try VocabularyHoles.extend(&definition, with: added, file: file.path)
        if let unknown = definition.special.unknown, definition.kinds[Int(unknown)] == .control {
            definition.kinds[Int(unknown)] = .unknown
        }
    }

    /// The roles that the file does not state, from the template and from the customary names.
    private func findSpecialTokens(_ definition: inout TokenizerDefinition) {
        var ids: [String: Int32] = [:]
        for id in 0..<definition.tokens.count where definition.kinds[id].isSpecial {
            ids[definition.tokens.text(id)] = Int32(id)
        }
        func id(_ names: String...) -> Int32? { names.lazy.compactMap { ids[$0] }.first }
        definition.special.classification = id("[CLS]", "<cls>")
        definition.special.separator = id("[SEP]", "<sep>")
        definition.special.padding = id("[PAD]", "<pad>", "<|pad|>", "<|finetune_right_pad_id|>")
        definition.special.mask = id("[MASK]", "<mask>")
        definition.special.bos =
            definition.prefix.first
            ?? id("<s>", "<|begin_of_text|>", "<bos>", "<|startoftext|>", "<｜begin▁of▁sentence｜>", "<|beginoftext|>")
        definition.special.eos =
            definition.suffix.last
            ?? id("</s>", "<|end_of_text|>", "<eos>", "<|endoftext|>", "<｜end▁of▁sentence｜>", "<|im_end|>")
    }
}
