import Foundation
import TerseJSON
import TestSupport
import Testing

/// `terse tokenizer train`.
@Suite struct TokenizerTrainTests {
    static let text = TestData.repository.appending(
        path: "Tests/TerseTokenizerTests/Fixtures/training/excerpt.txt"
    ).path

    @Test func whatItWritesTokenizes() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokenizer.json")
        let trained = try Program.run([
            "tokenizer", "train", Self.text, "--vocabulary", "600", "--special", "<|im_end|>", "-o", path, "--json",
        ])
        #expect(trained.status == 0, "\(trained.summary)")
        #expect(try JSONValue.parse(Array(trained.output.utf8))["vocabulary"]?.intValue == 600)
        let tokenized = try Program.run(["tokenize", path, "Emma<|im_end|>", "--special", "--bos", "--json"])
        let ids = try JSONValue.parse(Array(tokenized.output.utf8))["tokens"]?.arrayValue?.compactMap(\.intValue)
        #expect(ids?.first == 0 && ids?.last == 1 && ids?.contains { $0 >= 258 } == true, "\(tokenized.summary)")
    }

    /// The bytes and the end of text: there is nothing to learn, and all of it is there.
    @Test func aVocabularyOfBytesIsComplete() throws {
        let folder = try TemporaryFolder()
        let trained = try Program.run([
            "tokenizer", "train", Self.text, "--vocabulary", "257", "-o", folder.path("tokenizer.json"),
        ])
        #expect(trained.status == 0, "\(trained.summary)")
        #expect(trained.errors.contains("learning  100 %  257 of 257 tokens"), "\(trained.summary)")
    }

    @Test(arguments: [
        (["--vocabulary", "100"], 64, "--vocabulary must be from 257"),
        (["--pre", "gpt-5"], 64, "--pre must be one of"),
        (["--min-count", "0"], 64, "--min-count must be at least 1"),
        (["--special", "<|endoftext|>"], 1, "<|endoftext|>"),
        (["/no/such/file"], 1, "/no/such/file: no such file"),
    ])
    func wrongUseIsExplained(arguments: [String], status: Int32, message: String) throws {
        let folder = try TemporaryFolder()
        let result = try Program.run(["tokenizer", "train", Self.text, "-o", folder.path("out.json")] + arguments)
        #expect(result.status == status && result.errors.contains(message), "\(result.summary)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }
}
