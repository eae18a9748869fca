import TerseJSON
import TerseTokenizer

/// Writes a byte-level byte-pair encoding as Hugging Face's tokenizer.json.
public struct TokenizerJSONWriter {
    private let definition: TokenizerDefinition

    public init(_ definition: TokenizerDefinition) { self.definition = definition }

    /// Writes and commits `file`.
    /// - Throws: `FormatError`: `unsupported` when the definition is no byte-level BPE or has steps that are not
    ///   written; `system` when the file cannot be written.
    public func write(to file: OutputFile) throws(FormatError) {
        try file.write(Array(json(for: file.path).serialized(pretty: true).utf8) + [0x0A])
        try file.commit()
    }

    func json(for path: String) throws(FormatError) -> JSONValue {
        guard case .byteLevelBPE(let rules) = definition.algorithm, definition.normalization.isEmpty else {
            throw FormatError(.unsupported, "\(path): only a byte-level BPE without normalisation is written")
        }
        let normal = (0..<definition.tokens.count).filter { definition.kinds[$0] == .normal }
        let added = (0..<definition.tokens.count).filter { definition.kinds[$0] != .normal }
        return [
            "version": "1.0",
            "truncation": .null,
            "padding": .null,
            "added_tokens": .array(added.map(addedToken)),
            "normalizer": .null,
            "pre_tokenizer": try preTokenizer(path),
            "post_processor": postProcessor,
            "decoder": Self.byteLevel,
            "model": [
                "type": "BPE",
                "dropout": .null,
                "unk_token": .null,
                "continuing_subword_prefix": .null,
                "end_of_word_suffix": .null,
                "fuse_unk": false,
                "byte_fallback": false,
                "ignore_merges": .bool(rules.ignoresMergesForWholeWords),
                "vocab": .object(
                    JSONObject((added + normal).sorted().map { (definition.tokens.text($0), JSONValue($0)) })),
                "merges": .array(
                    (0..<rules.left.count).map { [.string(rules.left.text($0)), .string(rules.right.text($0))] }),
            ],
        ]
    }

    private static let byteLevel: JSONValue = [
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false,
    ]

    private func addedToken(_ id: Int) -> JSONValue {
        [
            "id": JSONValue(id), "content": .string(definition.tokens.text(id)), "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false, "special": .bool(definition.kinds[id] == .control),
        ]
    }

    private func preTokenizer(_ path: String) throws(FormatError) -> JSONValue {
        var steps: [JSONValue] = []
        for step in definition.preTokenization {
            guard case .split(let pattern, .isolated, inverted: false) = step,
                let expression = KnownExpressions.expression(for: pattern)
            else {
                throw FormatError(.unsupported, "\(path): the pre-tokenisation has a step that is not written: \(step)")
            }
            steps.append([
                "type": "Split", "pattern": ["Regex": .string(expression)], "behavior": "Isolated", "invert": false,
            ])
        }
        return ["type": "Sequence", "pretokenizers": .array(steps + [Self.byteLevel])]
    }

    /// The beginning-of-text token before every text.
    private var postProcessor: JSONValue {
        guard let bos = definition.special.bos, definition.prefix == [bos] else { return Self.byteLevel }
        let text = JSONValue.string(definition.tokens.text(Int(bos)))
        let special: JSONValue = ["SpecialToken": ["id": text, "type_id": 0]]
        func sequence(_ name: String, _ type: Int64) -> JSONValue {
            ["Sequence": ["id": .string(name), "type_id": .integer(type)]]
        }
        return [
            "type": "TemplateProcessing",
            "single": [special, sequence("A", 0)],
            "pair": [special, sequence("A", 0), sequence("B", 1)],
            "special_tokens": .object(
                JSONObject([
                    (
                        definition.tokens.text(Int(bos)),
                        ["id": text, "ids": [JSONValue(Int(bos))], "tokens": [text]] as JSONValue
                    )
                ])),
        ]
    }
}
