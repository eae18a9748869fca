import Foundation
import TerseFormats
import TerseJSON
import TerseTokenizer
import TestSupport
import Testing

/// Training is judged by Hugging Face's trainer on the same text (Fixtures/training).
@Suite struct BytePairTrainerTests {
    static let excerpt = Result { try Data(contentsOf: URL(filePath: TestData.fixture("training/excerpt.txt"))) }

    static func counts(of text: some Sequence<UInt8>, _ preTokenizer: String) throws -> PieceCounts {
        var counts = PieceCounts(preTokenization: try NamedPreTokenizer.named(preTokenizer).steps)
        try Array(text).withUnsafeBufferPointer { try counts.add($0) }
        return counts
    }

    static func train(_ preTokenizer: String, size: Int) throws -> BytePairTrainer.Result {
        let trainer = BytePairTrainer(vocabularySize: size, specialTokens: ["<|endoftext|>"])
        return try #require(try trainer.train(on: counts(of: excerpt.get(), preTokenizer)))
    }

    @Test(arguments: [("gpt-2", 1500), ("llama-bpe", 900)])
    func learnsWhatHuggingFaceLearns(preTokenizer: String, size: Int) throws {
        let learned = try Self.train(preTokenizer, size: size)
        let expected = try JSONValue.parse(
            Array(Data(contentsOf: URL(filePath: TestData.fixture("training/\(preTokenizer).json")))))
        let tokens = try #require(expected["tokens"]?.arrayValue).map(\.stringValue)
        let merges = try #require(expected["merges"]?.arrayValue).map(\.stringValue)
        #expect(tokens.count == size)
        #expect((0..<learned.tokens.count).map { learned.tokens.text($0) } == tokens)
        #expect(
            (0..<learned.merges.left.count).map { learned.merges.left.text($0) + " " + learned.merges.right.text($0) }
                == merges)
    }

    /// Written as tokenizer.json and as GGUF and read back, the tokenizer is the same and gives back every text.
    @Test(arguments: ["gpt-2", "llama-bpe", "qwen2", "starcoder", "deepseek-coder", "tekken"])
    func isTheSameFromItsFiles(preTokenizer: String) throws {
        let definition = try Self.train(preTokenizer, size: 600).definition(
            preTokenizer: preTokenizer, endOfText: "<|endoftext|>")
        let folder = try TemporaryFolder()
        let path = folder.path("tokenizer.json")
        try TokenizerJSONWriter(definition).write(to: OutputFile(path: path))
        let read = try TokenizerFile.open(path)
        #expect(read.tokens == definition.tokens && read.algorithm == definition.algorithm)
        #expect(read.kinds == definition.kinds && read.prefix == [0] && read.special.eos == 0)
        #expect(read.preTokenization == definition.preTokenization)
        #expect(read.endOfText == [0])
        var metadata = Metadata(source: "memory")
        try metadata.setTokenizer(read)
        #expect(try metadata.string("tokenizer.ggml.pre") == preTokenizer)
        let tokenizer = try Tokenizer(read)
        let text = String(decoding: try Self.excerpt.get(), as: UTF8.self) + " naïve 日本 😀\r\n\t<|endoftext|> 12345"
        #expect(tokenizer.decode(tokenizer.encode(text)) == text)
    }

    /// However the text is parted for counting, the sum is the same.
    @Test func partsAddUp() throws {
        let lines = try Self.excerpt.get().split(separator: 0x0A, omittingEmptySubsequences: false)
        var forward = PieceCounts(preTokenization: try NamedPreTokenizer.named("gpt-2").steps)
        var backward = forward
        for line in lines { try forward.merge(Self.counts(of: line, "gpt-2")) }
        for line in lines.reversed() { try backward.merge(Self.counts(of: line, "gpt-2")) }
        let trainer = BytePairTrainer(vocabularySize: 900, specialTokens: [])
        let (a, b) = (try trainer.train(on: forward), try trainer.train(on: backward))
        #expect(a?.tokens == b?.tokens && a?.merges == b?.merges)
    }

    @Test func overlappingPairsAreCountedOnce() throws {
        // "aaaa" joins to aa aa, then aaaa; "aaa" to aa a. A pair that is gone is never joined again.
        let counts = try Self.counts(of: "aaaa aaaa aaa".utf8, "gpt-2")
        let trainer = BytePairTrainer(vocabularySize: 400, specialTokens: [], countMin: 1)
        let learned = try #require(try trainer.train(on: counts))
        let merges = (0..<learned.merges.left.count).map {
            learned.merges.left.text($0) + "+" + learned.merges.right.text($0)
        }
        #expect(Set(merges).count == merges.count && merges.first == "a+a", "\(merges)")
        #expect(learned.tokens.count == 256 + merges.count, "it stops when there is nothing left to join")
        let tokens = Set((0..<learned.tokens.count).map { learned.tokens.text($0) })
        #expect(tokens.isSuperset(of: ["aa", "aaaa", "Ġaaaa", "Ġaaa"]), "\(merges)")
    }

    @Test func textThatSpellsASpecialTokenStaysText() throws {
        let counts = try Self.counts(of: String(repeating: "<s><s> ", count: 50).utf8, "bloom")
        let trainer = BytePairTrainer(vocabularySize: 300, specialTokens: ["<s>"], countMin: 1)
        let definition = try #require(try trainer.train(on: counts)).definition(preTokenizer: "bloom", endOfText: "<s>")
        let tokenizer = try Tokenizer(definition)
        #expect(!tokenizer.encode("<s><s> <s>").contains(0))
        #expect(tokenizer.encode("<s>", parseSpecial: true) == [0])
    }

    @Test func progressEndsIt() throws {
        let counts = try Self.counts(of: Self.excerpt.get(), "gpt-2")
        let trainer = BytePairTrainer(vocabularySize: 900, specialTokens: [])
        #expect(try trainer.train(on: counts) { $0 < 300 } == nil)
    }

    @Test(arguments: [
        (BytePairTrainer(vocabularySize: 256, specialTokens: ["<s>"]), "256 tokens: expected 257"),
        (BytePairTrainer(vocabularySize: 1 << 21, specialTokens: []), "to 1048576"),
        (BytePairTrainer(vocabularySize: 400, specialTokens: ["<s>", "<s>"]), "<s>"),
        (BytePairTrainer(vocabularySize: 400, specialTokens: [""]), "a text that is no other"),
        (BytePairTrainer(vocabularySize: 400, specialTokens: ["Ġ"]), "nor that of a byte"),
    ])
    func impossibleVocabulariesAreRefused(trainer: BytePairTrainer, message: String) throws {
        let counts = try Self.counts(of: "some text".utf8, "gpt-2")
        let error = #expect(throws: TokenizerError.self) { try trainer.train(on: counts) }
        #expect(error?.message.contains(message) == true, "\(error as Any)")
    }

    @Test func noTextIsRefused() throws {
        let trainer = BytePairTrainer(vocabularySize: 400, specialTokens: [])
        let error = #expect(throws: TokenizerError.self) { try trainer.train(on: Self.counts(of: [], "gpt-2")) }
        #expect(error?.message.contains("no text") == true)
    }
}
