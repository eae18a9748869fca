import TerseJSON
import TerseTokenizer

/// What a file of tokens was made from: when any of it changes, the file is made again.
struct TokenDatasetOrigin: Sendable, Equatable {
    /// Tokens of the tokenizer; every id is below.
    let vocabularySize: Int
    /// Of the tokenizer's tokens and merges.
    let tokenizerFingerprint: UInt64
    let files: [TextCorpus.File]
    /// Bytes of the text that was tokenised.
    let textBytes: Int

    init(vocabularySize: Int, tokenizerFingerprint: UInt64, files: [TextCorpus.File], textBytes: Int) {
        self.vocabularySize = vocabularySize
        self.tokenizerFingerprint = tokenizerFingerprint
        self.files = files
        self.textBytes = textBytes
    }

    /// The origin of what `tokenizer` makes of `corpus`, `textBytes` aside.
    func isOf(_ corpus: TextCorpus, _ tokenizer: TokenizerDefinition) -> Bool {
        files == corpus.files && tokenizerFingerprint == tokenizer.fingerprint
    }

    /// The object at a file's end, which says how many documents and tokens it holds, too.
    func json(documents: Int, tokens: Int) -> JSONValue {
        [
            "vocabulary_size": .integer(Int64(vocabularySize)),
            "tokenizer_fingerprint": .string(String(tokenizerFingerprint, radix: 16)),
            "text_bytes": .integer(Int64(textBytes)),
            "files": .array(
                files.map { file in
                    [
                        "path": .string(file.path), "bytes": .integer(Int64(file.byteCount)),
                        "modified": .integer(Int64(file.modified)),
                    ]
                }),
            "documents": .integer(Int64(documents)),
            "tokens": .integer(Int64(tokens)),
        ]
    }

    /// Nil when a member is missing or of another kind.
    init?(_ json: JSONValue) {
        guard let vocabularySize = json["vocabulary_size"]?.intValue, vocabularySize > 0,
            let fingerprint = json["tokenizer_fingerprint"]?.stringValue.flatMap({ UInt64($0, radix: 16) }),
            let textBytes = json["text_bytes"]?.intValue, let listed = json["files"]?.arrayValue
        else { return nil }
        var files: [TextCorpus.File] = []
        for entry in listed {
            guard let path = entry["path"]?.stringValue, let bytes = entry["bytes"]?.intValue,
                let modified = entry["modified"]?.intValue
            else { return nil }
            files.append(TextCorpus.File(path: path, byteCount: bytes, modified: modified))
        }
        self.init(
            vocabularySize: vocabularySize, tokenizerFingerprint: fingerprint, files: files, textBytes: textBytes)
    }
}
