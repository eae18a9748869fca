import Foundation
import TerseFormats
import TestSupport
import Testing

@testable import TerseTokenizer

/// Vocabularies trained with, and ids and texts computed by, Hugging Face's `tokenizers` and Google's `sentencepiece`
/// (Fixtures/make_fixtures.py).
@Suite struct HuggingFaceVectorTests {
    struct Vectors: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        var pre_tokenizer: String?
        let texts: [String]
        let special: Bool
        let ids: [[Int32]]
        let decoded: [String]

        var testDescription: String { name }
    }

    static func vectors(_ file: String) -> [Vectors] {
        let data = FileManager.default.contents(atPath: TestData.fixture(file)) ?? Data()
        return (try? JSONDecoder().decode([Vectors].self, from: data)) ?? []
    }

    private func check(_ vectors: Vectors, _ tokenizer: Tokenizer) {
        #expect(vectors.texts.count == vectors.ids.count && vectors.texts.count > 50)
        for (text, ids) in zip(vectors.texts, vectors.ids) {
            let found = tokenizer.encode(text, addSpecial: vectors.special, parseSpecial: vectors.special)
            #expect(found == ids, "\(vectors.name): \(text.debugDescription)")
        }
        for (ids, text) in zip(vectors.ids, vectors.decoded) {
            #expect(tokenizer.decode(ids) == text, "\(vectors.name): \(ids)")
        }
    }

    @Test func everyFileOfVectorsIsThere() {
        #expect(Self.vectors("bpe-vectors.json").count == 11)
        #expect(Self.vectors("json-vectors.json").count == 6)
        #expect(Self.vectors("sp-vectors.json").count == 4)
    }

    /// One vocabulary under the pre-tokenisation of each model family; the steps read from tokenizer.json are those
    /// that the family's name in GGUF stands for.
    @Test(arguments: vectors("bpe-vectors.json"))
    func preTokenizes(vectors: Vectors) throws {
        let document = try String(contentsOfFile: TestData.fixture("bpe.json"), encoding: .utf8)
        let start = try #require(document.range(of: "\"pre_tokenizer\":"))
        let end = try #require(document.range(of: "\"post_processor\":"))
        let entry = try #require(vectors.pre_tokenizer)
        let changed = document[..<start.upperBound] + entry + "," + document[end.lowerBound...]
        let folder = try TemporaryFolder()
        var definition = try TokenizerFile.open(try folder.write(changed.utf8, "\(vectors.name).json"))
        // Command-R's words are StarCoder's, and Llama 3's are DBRX's as long as the file does not ignore merges.
        let sameWords = ["command-r": "starcoder", "llama-bpe": "dbrx"]
        #expect(definition.preTokenizerName == sameWords[vectors.name] ?? vectors.name)
        check(vectors, try Tokenizer(definition))
        definition.preTokenization = try NamedPreTokenizer.named(vectors.name).steps
        check(vectors, try Tokenizer(definition))
    }

    @Test(arguments: vectors("json-vectors.json"))
    func readsTokenizerJSON(vectors: Vectors) throws {
        check(vectors, try Tokenizer(try TokenizerFile.open(TestData.fixture(vectors.name + ".json"))))
    }

    /// Of several segmentations of equal score the one is taken that the rounding of the sums favours: float64 in
    /// `tokenizers`, float32 in SentencePiece.
    @Test func equalScoresGoAsTheirSumsRound() throws {
        func ids(_ file: String, _ text: String) throws -> [Int32] {
            try Tokenizer(try TokenizerFile.open(TestData.fixture(file))).encode(text)
        }
        #expect(try ids("unigram.json", "lllllll") == [3, 109, 109, 17, 109])
        #expect(try ids("unigram.json", "---------") == [3, 244, 244, 244, 244, 171])
        #expect(try ids("sp-unigram-bytes.model", "-----") == [259, 527, 322, 527])
        let dashes = try ids("sp-unigram.model", String(repeating: "-", count: 19))
        #expect(dashes == [3] + Array(repeating: 270, count: 8) + [71, 270])
    }

    /// What Unicode has not assigned (U+0378, U+1BB67) is no control character to `BertNormalizer`.
    @Test func bertKeepsUnassignedCharacters() throws {
        let tokenizer = try Tokenizer(try TokenizerFile.open(TestData.fixture("wordpiece.json")))
        #expect(tokenizer.encode("a\u{378} \u{1BB67}") == [0, 0])
        #expect(tokenizer.encode("a\u{200B}\u{E000}\u{AD}b") == tokenizer.encode("ab"))
    }

    @Test(arguments: vectors("sp-vectors.json"))
    func readsSentencePiece(vectors: Vectors) throws {
        check(vectors, try Tokenizer(try TokenizerFile.open(TestData.fixture(vectors.name + ".model"))))
    }
}
