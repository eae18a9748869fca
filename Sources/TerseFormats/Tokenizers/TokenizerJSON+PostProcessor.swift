import TerseJSON
import TerseTokenizer

extension TokenizerJSON {
    /// The `post_processor` entry: what goes before and after a text.
    func readPostProcessor(_ definition: inout TokenizerDefinition) throws(FormatError) {
        if let entry = try file.object("post_processor") { try readPostProcessor(entry, depth: 0, &definition) }
    }

    private func readPostProcessor(
        _ entry: JSONFile, depth: Int, _ definition: inout TokenizerDefinition
    ) throws(FormatError) {
        let type = try entry.required("type", entry.string("type"))
        switch type {
        case "Sequence":
            for inner in try sequence(entry, "processors", depth: depth) {
                try readPostProcessor(inner, depth: depth + 1, &definition)
            }
        case "TemplateProcessing": try readTemplate(entry, &definition)
        case "BertProcessing", "RobertaProcessing":
            definition.prefix = [try tokenID(entry["cls"]?[1], "\(entry.path): cls", definition)]
            definition.suffix = [try tokenID(entry["sep"]?[1], "\(entry.path): sep", definition)]
        case "ByteLevel": break  // Offsets only.
        default: throw unsupported("post_processor \"\(type)\" is not supported")
        }
    }

    private func readTemplate(_ entry: JSONFile, _ definition: inout TokenizerDefinition) throws(FormatError) {
        guard let single = entry["single"]?.arrayValue else {
            throw FormatError(.missing, "\(entry.path): single: expected a list")
        }
        var (prefix, suffix): ([Int32], [Int32]) = ([], [])
        var sequences = 0
        for (index, piece) in single.enumerated() {
            if piece["Sequence"] != nil {
                sequences += 1
                continue
            }
            guard let name = piece["SpecialToken"]?["id"]?.stringValue else {
                throw FormatError(.invalid, "\(entry.path): single[\(index)]: expected Sequence or SpecialToken")
            }
            guard let ids = entry["special_tokens"]?[name]?["ids"]?.arrayValue else {
                throw FormatError(.missing, "\(entry.path): special_tokens: no ids of \"\(name)\"")
            }
            for id in ids {
                let token = try tokenID(id, "\(entry.path): special_tokens: \(name)", definition)
                if sequences == 0 { prefix.append(token) } else { suffix.append(token) }
            }
        }
        guard sequences == 1 else {
            throw FormatError(.unsupported, "\(entry.path): single has \(sequences) sequences, expected 1")
        }
        definition.prefix = prefix
        definition.suffix = suffix
    }

    private func tokenID(
        _ value: JSONValue?, _ place: String, _ definition: TokenizerDefinition
    ) throws(FormatError) -> Int32 {
        guard let id = value?.intValue, (0..<definition.tokens.count).contains(id) else {
            throw FormatError(
                .invalid,
                "\(place): expected a token id from 0 to \(definition.tokens.count - 1), found \(value?.intValue.map(String.init) ?? value?.kindName ?? "nothing")"
            )
        }
        return Int32(id)
    }
}
