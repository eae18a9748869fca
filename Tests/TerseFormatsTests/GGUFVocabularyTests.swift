import TestSupport
import Testing

@testable import TerseFormats

/// Real files that llama.cpp's authors wrote.
@Suite struct GGUFVocabularyTests {
    static let path = TestData.shared("tokenizers/ggml-vocab-llama-bpe.gguf")

    @Test(.enabled(if: path != nil, "\(TestData.absence)"))
    func readsMetadataWithItsTypes() throws {
        let file = try GGUFFile(path: try #require(Self.path))
        #expect(file.version == 3)
        #expect(file.tensors.isEmpty)
        #expect(try file.metadata.string("general.architecture") == "llama")
        #expect(file.metadata["llama.vocab_size"] == .uint32(128_256))
        let tokens = try #require(try file.metadata.strings("tokenizer.ggml.tokens"))
        #expect(tokens.count == 128_256)
        #expect(tokens[0] == "!")
        #expect(tokens[128_000] == "<|begin_of_text|>")
        #expect(try file.metadata.integers("tokenizer.ggml.token_type")?[128_000] == 3)
        #expect(try file.metadata.array("tokenizer.ggml.merges")?.count == 280_147)
    }

    @Test(.enabled(if: path != nil, "\(TestData.absence)"))
    func saysWhatItExpectedAndFound() throws {
        let metadata = try GGUFFile(path: try #require(Self.path)).metadata
        let error = #expect(throws: FormatError.self) { try metadata.string("llama.vocab_size") }
        #expect(error?.code == .mismatch)
        #expect(error?.message.hasSuffix("llama.vocab_size: expected a string, found uint32 128256") == true)
    }
}
