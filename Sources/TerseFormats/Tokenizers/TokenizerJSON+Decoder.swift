import TerseJSON
import TerseTokenizer

extension TokenizerJSON {
    /// The `decoder` entry as rules.
    func readDecoder(_ definition: inout TokenizerDefinition) throws(FormatError) {
        switch definition.algorithm {
        case .byteLevelBPE: definition.decoding = DecodingRules(spelling: .byteAlphabet)
        case .wordPiece: definition.decoding = DecodingRules(spelling: .plain)
        default: definition.decoding = DecodingRules(spelling: .plain)
        }
        guard let entry = try file.object("decoder") else { return }
        try readDecoder(entry, depth: 0, &definition)
        if definition.byteFallback {
            for id in 0..<definition.tokens.count where definition.kinds[id] == .normal {
                if definition.tokens[id].count == 6, definition.tokens[id].starts(with: "<0x".utf8) {
                    definition.kinds[id] = .byte
                }
            }
        }
    }

    private func readDecoder(
        _ entry: JSONFile, depth: Int, _ definition: inout TokenizerDefinition
    ) throws(FormatError) {
        let type = try entry.required("type", entry.string("type"))
        switch type {
        case "Sequence":
            for inner in try sequence(entry, "decoders", depth: depth) {
                try readDecoder(inner, depth: depth + 1, &definition)
            }
        case "ByteLevel": definition.decoding.spelling = .byteAlphabet
        case "Metaspace":
            definition.decoding.spelling = .metaspace
            let addsSpace = try entry.bool("add_prefix_space") ?? true
            let scheme = try entry.string("prepend_scheme")
            definition.decoding.stripsLeadingSpace = scheme.map { $0 != "never" } ?? addsSpace
            guard try entry.string("replacement") ?? "▁" == "▁" else {
                throw unsupported("decoder Metaspace: a replacement other than ▁ is not supported")
            }
        case "WordPiece":
            let prefix = try entry.string("prefix") ?? "##"
            definition.decoding = DecodingRules(
                spelling: .wordPieces(continuationPrefix: prefix), stripsLeadingSpace: true,
                cleansUpSpaces: try entry.bool("cleanup") ?? true)
        case "Replace":
            guard entry["pattern"]?["String"]?.stringValue == "▁", try entry.string("content") == " " else {
                throw unsupported("decoder Replace of anything but ▁ by a space is not supported")
            }
            definition.decoding.spelling = .metaspace
        case "Strip":
            guard try entry.string("content") ?? " " == " ", try entry.integer("stop") ?? 0 == 0,
                let start = try entry.integer("start"), (0...1).contains(start)
            else { throw unsupported("decoder Strip of anything but one leading space is not supported") }
            definition.decoding.stripsLeadingSpace = start == 1
        case "ByteFallback", "Fuse": break  // Byte tokens are bytes and pieces are joined in any case.
        default: throw unsupported("decoder \"\(type)\" is not supported")
        }
    }
}
