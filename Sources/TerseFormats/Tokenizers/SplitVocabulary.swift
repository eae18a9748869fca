import Foundation
import TerseJSON
import TerseTokenizer

/// The vocabularies of repositories from before tokenizer.json: vocab.json and merges.txt (byte-level BPE), vocab.txt
/// (WordPiece). What else makes a tokenizer of them is known by the class that tokenizer_config.json names.
///
/// Made into the tokenizer.json that transformers makes of them. Source: its convert_slow_tokenizer.py.
struct SplitVocabulary {
    /// The directory.
    let path: String
    private let configuration: JSONFile

    static let wordsName = "vocab.txt"
    static let piecesName = "vocab.json"
    static let mergesName = "merges.txt"

    init(path: String) throws(FormatError) {
        self.path = path
        configuration =
            try JSONFile.ifPresent(path: "\(path)/tokenizer_config.json")
            ?? JSONFile(path: "\(path)/tokenizer_config.json", root: JSONObject())
    }

    /// The class without the suffix of its fast twin; nil when no file names one.
    private func className() throws(FormatError) -> String? {
        guard let name = try configuration.string("tokenizer_class") else { return nil }
        return name.hasSuffix("Fast") ? String(name.dropLast(4)) : name
    }

    private func unsupported(_ name: String?, _ file: String, _ known: String) -> FormatError {
        FormatError(
            .unsupported,
            "\(path)/\(file): needs a tokenizer_config.json whose tokenizer_class is \(known), found \(name ?? "none")")
    }

    // MARK: Byte-level BPE

    /// What vocab.json and merges.txt are a tokenizer of.
    /// - Throws: `FormatError` naming the file and what is wrong with it.
    func bytePair() throws(FormatError) -> TokenizerDefinition {
        let vocabulary = try JSONFile(path: "\(path)/\(Self.piecesName)")
        let name = try className()
        let byteLevel: JSONValue = [
            "type": "ByteLevel", "add_prefix_space": .bool(try configuration.bool("add_prefix_space") ?? false),
            "use_regex": .bool(name == "GPT2Tokenizer"),
        ]
        let qwen2 = KnownExpressions.expression(for: .words(WordRules(digitsMax: 1))) ?? ""
        var document = JSONObject()
        document["model"] = ["type": "BPE", "vocab": .object(vocabulary.root), "merges": .array(try merges())]
        document["decoder"] = ["type": "ByteLevel"]
        switch name {
        case "GPT2Tokenizer": document["pre_tokenizer"] = byteLevel
        case "Qwen2Tokenizer":
            document["normalizer"] = ["type": "NFC"]
            document["pre_tokenizer"] = [
                "type": "Sequence",
                "pretokenizers": [
                    ["type": "Split", "pattern": ["Regex": .string(qwen2)], "behavior": "Isolated"], byteLevel,
                ],
            ]
        default: throw unsupported(name, Self.piecesName, "GPT2Tokenizer or Qwen2Tokenizer")
        }
        document["added_tokens"] = .array(try addedTokens(vocabulary.root, special: ["<|endoftext|>"]))
        return try TokenizerJSON(JSONFile(path: vocabulary.path, root: document)).definition()
    }

    /// The lines of merges.txt behind the one that says its version.
    private func merges() throws(FormatError) -> [JSONValue] {
        var lines = try lines(of: Self.mergesName)
        if lines.first?.hasPrefix("#version") == true { lines.removeFirst() }
        return lines.map { .string($0) }
    }

    // MARK: WordPiece

    /// What vocab.txt, a token on each line, is a tokenizer of.
    /// - Throws: `FormatError` naming the file and what is wrong with it.
    func wordPiece() throws(FormatError) -> TokenizerDefinition {
        let known = ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer"]
        let name = try className()
        guard known.contains(name ?? known[0]) else {
            throw unsupported(name, Self.wordsName, "one of \(known.joined(separator: ", "))")
        }
        var vocabulary = JSONObject()
        for (id, line) in try lines(of: Self.wordsName).enumerated() { vocabulary[line] = JSONValue(id) }
        let (unknown, first, last) = (
            token("unk_token", "[UNK]"), token("cls_token", "[CLS]"), token("sep_token", "[SEP]")
        )
        let special = [unknown, first, last, token("pad_token", "[PAD]"), token("mask_token", "[MASK]")]
        let document: JSONValue = [
            "model": ["type": "WordPiece", "unk_token": .string(unknown), "vocab": .object(vocabulary)],
            "normalizer": [
                "type": "BertNormalizer",
                "handle_chinese_chars": .bool(try configuration.bool("tokenize_chinese_chars") ?? true),
                "lowercase": .bool(try configuration.bool("do_lower_case") ?? true),
                "strip_accents": try configuration.bool("strip_accents").map { .bool($0) } ?? .null,
            ],
            "pre_tokenizer": ["type": "BertPreTokenizer"],
            "decoder": ["type": "WordPiece"],
            "post_processor": [
                "type": "BertProcessing", "cls": [.string(first), vocabulary[first] ?? .null],
                "sep": [.string(last), vocabulary[last] ?? .null],
            ],
            "added_tokens": .array(try addedTokens(vocabulary, special: special)),
        ]
        return try TokenizerJSON(
            JSONFile(path: "\(path)/\(Self.wordsName)", root: document.objectValue ?? JSONObject())
        ).definition()
    }

    // MARK: Parts

    private func lines(of name: String) throws(FormatError) -> [String] {
        let text = try TextFile.read("\(path)/\(name)", bytesMax: JSONFile.bytesMax)
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// The token that plays a role: a text, or an object that holds it.
    private func token(_ role: String, _ usual: String) -> String {
        configuration[role].flatMap { $0.stringValue ?? $0["content"]?.stringValue } ?? usual
    }

    /// The entries of `added_tokens_decoder`; where there are none, those of `special` that the vocabulary has and what
    /// added_tokens.json adds.
    private func addedTokens(_ vocabulary: JSONObject, special: [String]) throws(FormatError) -> [JSONValue] {
        if let entries = try configuration.object("added_tokens_decoder") {
            return entries.root.members.map { id, value in
                var entry = value.objectValue ?? JSONObject()
                entry["id"] = Int(id).map { JSONValue($0) } ?? .string(id)
                return .object(entry)
            }
        }
        let known = special.compactMap { text in vocabulary[text].map { (text, $0) } }
        let added = try JSONFile.ifPresent(path: "\(path)/added_tokens.json")?.root.members ?? []
        return (known + added).map { text, id in
            ["id": id, "content": .string(text), "special": true, "normalized": false]
        }
    }
}
