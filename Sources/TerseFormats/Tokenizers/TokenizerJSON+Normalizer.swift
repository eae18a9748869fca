import Foundation
import TerseJSON
import TerseTokenizer

extension TokenizerJSON {
    /// Sequences within sequences.
    static let nestingMax = 8

    /// The `normalizer` entry as steps.
    func normalization() throws(FormatError) -> [NormalizationStep] {
        guard let entry = try file.object("normalizer") else { return [] }
        return try normalization(entry, depth: 0)
    }

    private func normalization(_ entry: JSONFile, depth: Int) throws(FormatError) -> [NormalizationStep] {
        let type = try entry.required("type", entry.string("type"))
        switch type {
        case "Sequence":
            var steps: [NormalizationStep] = []
            for inner in try sequence(entry, "normalizers", depth: depth) {
                steps += try normalization(inner, depth: depth + 1)
            }
            return steps
        case "NFC": return [.nfc]
        case "NFD": return [.nfd]
        case "NFKC": return [.nfkc]
        case "NFKD": return [.nfkd]
        case "Lowercase": return [.lowercase]
        case "StripAccents": return [.stripAccents]
        case "Strip":
            return [
                .strip(left: try entry.bool("strip_left") ?? true, right: try entry.bool("strip_right") ?? true)
            ]
        case "Prepend": return [.prepend(try entry.required("prepend", entry.string("prepend")))]
        case "Replace": return [try replacement(entry)]
        case "BertNormalizer": return [.bert(try bert(entry))]
        case "Precompiled":
            let text = try entry.string("precompiled_charsmap") ?? ""
            guard text.utf8.count <= TokenizerLimits.charsmapBytesMax else {
                throw FormatError(
                    .limitExceeded,
                    "\(entry.path): precompiled_charsmap: \(text.utf8.count) characters, "
                        + "the limit is \(TokenizerLimits.charsmapBytesMax)")
            }
            guard let map = Data(base64Encoded: text) else {
                throw FormatError(.invalid, "\(entry.path): precompiled_charsmap is no base64")
            }
            return map.isEmpty ? [] : [.charsmap(Array(map))]
        default:
            throw unsupported("normalizer \"\(type)\" is not supported")
        }
    }

    /// The entries of a sequence at `key`.
    func sequence(_ entry: JSONFile, _ key: String, depth: Int) throws(FormatError) -> [JSONFile] {
        guard depth < Self.nestingMax else {
            throw FormatError(.limitExceeded, "\(entry.path): sequences more than \(Self.nestingMax) deep")
        }
        guard let list = entry[key]?.arrayValue else {
            throw FormatError(.missing, "\(entry.path): \(key): expected a list")
        }
        var entries: [JSONFile] = []
        for (index, value) in list.enumerated() {
            guard let object = value.objectValue else {
                throw FormatError(
                    .mismatch, "\(entry.path): \(key)[\(index)]: expected an object, found \(value.kindName)")
            }
            entries.append(JSONFile(path: "\(entry.path): \(key)[\(index)]", root: object))
        }
        return entries
    }

    private func replacement(_ entry: JSONFile) throws(FormatError) -> NormalizationStep {
        let content = try entry.required("content", entry.string("content"))
        guard let pattern = entry["pattern"] else { throw FormatError(.missing, "\(entry.path): pattern is missing") }
        if let string = pattern["String"]?.stringValue { return .replace(string, with: content) }
        guard let expression = pattern["Regex"]?.stringValue else {
            throw FormatError(.mismatch, "\(entry.path): pattern: expected String or Regex")
        }
        switch expression {
        case " {2,}": return .collapseSpaces(with: content)
        case " ": return .replace(" ", with: content)
        default: throw unsupported("normalizer Replace: the expression \(expression) is not supported")
        }
    }

    private func bert(_ entry: JSONFile) throws(FormatError) -> BertNormalization {
        let lowercases = try entry.bool("lowercase") ?? true
        return BertNormalization(
            cleansText: try entry.bool("clean_text") ?? true,
            spacesChinese: try entry.bool("handle_chinese_chars") ?? true,
            stripsAccents: try entry.bool("strip_accents") ?? lowercases, lowercases: lowercases)
    }
}
