import Foundation
import TerseFormats
import TerseJSON
import TestSupport
import Testing

@testable import TerseTokenizer

/// Directories from before tokenizer.json: the vocabularies of the fixtures in the files that older repositories hold,
/// against the vectors that Hugging Face's `tokenizers` gives for the whole.
@Suite struct SplitVocabularyTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func model(_ fixture: String) throws -> JSONObject {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: TestData.fixture(fixture)))
        return try #require(try JSONValue.parse(bytes)["model"]?.objectValue)
    }

    private func write(_ value: JSONValue, _ name: String) throws {
        try folder.write(value.serialized().utf8, name)
    }

    private func writeBytePair(className: String?) throws {
        let model = try model("bpe.json")
        try write(try #require(model["vocab"]), "vocab.json")
        let merges = try #require(model["merges"]?.arrayValue).map { merge in
            merge.stringValue ?? (merge.arrayValue ?? []).compactMap(\.stringValue).joined(separator: " ")
        }
        try folder.write((["#version: 0.2"] + merges + [""]).joined(separator: "\n").utf8, "merges.txt")
        guard let className else { return }
        try write(["tokenizer_class": .string(className), "eos_token": "<|end|>"], "tokenizer_config.json")
        try write(["<|im_start|>": 700, "<|im_end|>": 701], "added_tokens.json")
    }

    @Test(arguments: [("GPT2Tokenizer", "gpt-2"), ("Qwen2TokenizerFast", "qwen2")])
    func readsBytePairs(className: String, name: String) throws {
        try writeBytePair(className: className)
        let tokenizer = try Tokenizer(try TokenizerFile.open(folder.url.path))
        #expect(tokenizer.vocabularySize == 702)
        #expect(tokenizer.endOfTextIDs.contains(701))
        #expect(tokenizer.encode("<|im_start|>", parseSpecial: true) == [700])
        #expect(tokenizer.definition.preTokenizerName == name)
        let vectors = try #require(HuggingFaceVectorTests.vectors("bpe-vectors.json").first { $0.name == name })
        for (text, ids) in zip(vectors.texts, vectors.ids) {
            // Qwen's normal form, which the vectors are without.
            if name == "qwen2", !text.precomposedStringWithCanonicalMapping.utf8.elementsEqual(text.utf8) { continue }
            #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
        }
    }

    @Test func readsWords() throws {
        let vocabulary = try #require(try model("wordpiece.json")["vocab"]?.objectValue)
        var lines = [String](repeating: "", count: vocabulary.count)
        for (text, id) in vocabulary.members { lines[try #require(id.intValue)] = text }
        try folder.write((lines.joined(separator: "\r\n") + "\r\n").utf8, "vocab.txt")
        let tokenizer = try Tokenizer(try TokenizerFile.open(folder.url.path))
        #expect(tokenizer.encode("the", addSpecial: true) == [1] + tokenizer.encode("the") + [2])
        let vectors = HuggingFaceVectorTests.vectors("json-vectors.json").filter {
            $0.name == "wordpiece" && !$0.special
        }
        #expect(vectors.count == 1)
        for (text, ids) in zip(vectors[0].texts, vectors[0].ids) where ids.allSatisfy({ $0 < vocabulary.count }) {
            #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
        }
    }

    @Test func whatIsMissingIsNamed() throws {
        func message() -> String {
            let error = #expect(throws: FormatError.self) { try TokenizerFile.open(folder.url.path) }
            return error?.message ?? ""
        }
        #expect(message().contains("holds none of tokenizer.json, tokenizer.model, tokenizer.bin, vocab.json"))
        try writeBytePair(className: nil)
        #expect(
            message() == "\(folder.path("vocab.json")): needs a tokenizer_config.json whose tokenizer_class is "
                + "GPT2Tokenizer or Qwen2Tokenizer, found none")
        try writeBytePair(className: "GPT2Tokenizer")
        try FileManager.default.removeItem(atPath: folder.path("merges.txt"))
        #expect(message().hasPrefix(folder.path("merges.txt")))
    }
}
