import Foundation
import TerseJSON
import TerseTokenizer

/// A Hugging Face directory's tokenizer: the vocabulary file and what tokenizer_config.json and generation_config.json
/// say about it.
struct TokenizerDirectory {
    let path: String

    /// The vocabulary files that are looked for, in this order.
    static let names = [
        "tokenizer.json", "tokenizer.model", "tokenizer.bin", SplitVocabulary.piecesName, SplitVocabulary.wordsName,
    ]

    /// Whether the directory holds a vocabulary.
    var isPresent: Bool { vocabularyName != nil }

    private var vocabularyName: String? {
        Self.names.first { FileManager.default.fileExists(atPath: "\(path)/\($0)") }
    }

    /// - Throws: `FormatError` naming the file and what is wrong, or that there is none.
    func definition() throws(FormatError) -> TokenizerDefinition {
        guard let name = vocabularyName else {
            throw FormatError(.missing, "\(path): holds none of \(Self.names.joined(separator: ", "))")
        }
        var definition =
            switch name {
            case SplitVocabulary.piecesName: try SplitVocabulary(path: path).bytePair().validated(file: path)
            case SplitVocabulary.wordsName: try SplitVocabulary(path: path).wordPiece().validated(file: path)
            default: try TokenizerFile.open("\(path)/\(name)")
            }
        if let configuration = try JSONFile.ifPresent(path: "\(path)/tokenizer_config.json") {
            try apply(configuration, to: &definition)
        }
        for name in ["config.json", "generation_config.json"] {
            guard let file = try JSONFile.ifPresent(path: "\(path)/\(name)") else { continue }
            try addEndOfText(file, to: &definition)
        }
        return definition
    }

    /// The roles of tokens, and whether the first and last are added.
    private func apply(_ file: JSONFile, to definition: inout TokenizerDefinition) throws(FormatError) {
        let roles: [(key: String, path: WritableKeyPath<SpecialTokens, Int32?>)] = [
            ("bos_token", \.bos), ("eos_token", \.eos), ("unk_token", \.unknown), ("pad_token", \.padding),
            ("cls_token", \.classification), ("sep_token", \.separator), ("mask_token", \.mask),
        ]
        func text(_ key: String) -> String? { file[key].flatMap { $0.stringValue ?? $0["content"]?.stringValue } }
        let ids = definition.ids(spelled: roles.compactMap { text($0.key) })
        for (key, path) in roles {
            guard let text = text(key) else { continue }
            guard let id = ids[text] else { continue }  // Names a token that the vocabulary does not have.
            if key == "unk_token", definition.special.unknown != nil { continue }  // The model's own word counts.
            definition.special[keyPath: path] = id
        }
        if let adds = try file.bool("add_bos_token"), let bos = definition.special.bos {
            definition.prefix.removeAll { $0 == bos }
            if adds { definition.prefix.insert(bos, at: 0) }
        }
        if let adds = try file.bool("add_eos_token"), let eos = definition.special.eos {
            definition.suffix.removeAll { $0 == eos }
            if adds { definition.suffix.append(eos) }
        }
        if let eos = definition.special.eos { definition.endOfText.insert(eos) }
    }

    /// `eos_token_id`: an id or a list of them.
    private func addEndOfText(_ file: JSONFile, to definition: inout TokenizerDefinition) throws(FormatError) {
        guard let value = file["eos_token_id"] else { return }
        for id in (value.arrayValue ?? [value]).compactMap(\.intValue) {
            guard (0..<definition.tokens.count).contains(id) else {
                throw FormatError(
                    .invalid,
                    "\(file.path): eos_token_id \(id), but token ids go from 0 to \(definition.tokens.count - 1)")
            }
            definition.endOfText.insert(Int32(id))
        }
    }
}
