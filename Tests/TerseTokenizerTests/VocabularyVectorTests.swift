import Foundation
import TerseFormats
import TestSupport
import Testing

@testable import TerseTokenizer

/// llama.cpp's own vectors: texts and the ids that Hugging Face's tokenizers give them.
@Suite struct VocabularyVectorTests {
    static let names = ["bert-bge", "gpt-2", "llama-bpe", "llama-spm", "phi-3", "qwen2"]

    @Test(.enabled(if: TestData.isPresent, "\(TestData.absence)"), arguments: names)
    func encodesAsItsAuthors(name: String) throws {
        let file = "tokenizers/ggml-vocab-\(name).gguf"
        let tokenizer = try Tokenizer(try TokenizerFile.open(TestData.path(file)))
        let texts = try TestData.text(file + ".inp").components(separatedBy: "\n__ggml_vocab_test__\n")
        let lines = try TestData.text(file + ".out").split(separator: "\n", omittingEmptySubsequences: false)
        try #require(texts.count == 47 && lines.count >= texts.count)
        for (text, line) in zip(texts, lines) {
            #expect(tokenizer.encode(text) == line.split(separator: " ").map { Int32($0)! }, "\(name): \(text)")
        }
    }
}
