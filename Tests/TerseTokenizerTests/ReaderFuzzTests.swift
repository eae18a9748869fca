import Foundation
import TerseFormats
import TerseJSON
import TestSupport
import Testing

@testable import TerseTokenizer

/// Damaged files: every reader answers with a definition or an error, and a definition makes a tokenizer that encodes
/// and decodes, or an error.
@Suite(.serialized) struct ReaderFuzzTests {
    static let text = "The quick brown fox, don't 12345 \n\n  é日本語😀 <s></s> zz ▁\u{FEFF}x"

    private func fuzz(_ what: String, _ originals: [[UInt8]], headBytes: Int) throws {
        let reader = try FileReader()
        var fuzz = MutationFuzz()
        let outcome = fuzz.run(originals, headBytes: headBytes) { try reader.read($0) }
        #expect(outcome.isMixed, "\(what): \(outcome)")
    }

    /// Writes bytes to a file, reads the tokenizer in it and uses it.
    private final class FileReader {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        func read(_ bytes: [UInt8]) throws {
            let tokenizer = try Tokenizer(try TokenizerFile.open(try folder.write(bytes, "tokenizer")))
            let ids = tokenizer.encode(ReaderFuzzTests.text, addSpecial: true, parseSpecial: true)
            _ = tokenizer.decode(ids + [-1, .max, 0], skipSpecial: false)
        }
    }

    private func fixture(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: TestData.fixture(name))))
    }

    /// Damage to bytes, which mostly ends in the JSON parser, and to the values of the document by turns.
    @Test func tokenizerJSON() throws {
        let originals = try ["bpe", "unigram", "wordpiece", "characters"].map { try fixture($0 + ".json") }
        let documents = try originals.map { try JSONValue.parse($0) }
        let reader = try FileReader()
        var random = SplitMix64(seed: FuzzBudget.seed)
        var fuzz = MutationFuzz()
        var outcome = FuzzOutcome()
        var budget = FuzzBudget(variants: 300)
        while budget.spend() {
            let index = random.next(below: originals.count)
            let bytes: [UInt8]
            if random.next(below: 4) == 0 {
                bytes = fuzz.mutate(originals[index], others: originals, headBytes: 3_000)
            } else {
                var document = documents[index]
                for _ in 0...random.next(below: 2) { document = JSONDamage.apply(to: document, &random) }
                bytes = Array(document.serialized().utf8)
            }
            outcome.count { try reader.read(bytes) }
        }
        #expect(outcome.isMixed, "\(outcome)")
    }

    @Test func sentencePiece() throws {
        let names = ["sp-bpe", "sp-bpe-defined", "sp-unigram", "sp-unigram-bytes"]
        let originals = try names.map { try fixture($0 + ".model") }
        // What is not the list of pieces stands at the end.
        try fuzz("SentencePiece", originals + originals.map { Array($0.suffix(4_000)) }, headBytes: 12_000)
    }

    @Test func gguf() throws {
        let originals = try ["bpe.json", "sp-bpe.model", "sp-unigram.model", "wordpiece.json"].map {
            (name: String) -> [UInt8] in
            let definition = try TokenizerFile.open(TestData.fixture(name))
            let folder = try TemporaryFolder()
            let path = folder.path("tokenizer.gguf")
            var metadata = Metadata(source: name)
            try metadata.setTokenizer(definition)
            _ = try GGUFWriter(path: path, metadata: metadata, tensors: []).finish()
            return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        }
        try fuzz("GGUF tokenizer", originals, headBytes: 400)
    }

    @Test func tiktoken() throws {
        var tokens = (0..<256).map { [UInt8($0)] }
        for (left, right) in [(97, 98), (256, 99), (32, 116), (258, 104)] {
            tokens.append(tokens[left] + tokens[right])
        }
        let lines = tokens.enumerated().map { "\(Data($1).base64EncodedString()) \($0)" }
        try fuzz("tiktoken", [Array((lines.joined(separator: "\n") + "\n").utf8)], headBytes: 2_000)
    }

    @Test(.enabled(if: TestData.isPresent, "\(TestData.absence)"))
    func llama2C() throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: TestData.path("models/tok512.bin"))))
        try fuzz("tokenizer.bin", [bytes], headBytes: 4_000)
    }

    /// Definitions damaged field by field rather than byte by byte.
    @Test func definitions() throws {
        let originals = try ["bpe.json", "unigram.json", "wordpiece.json", "characters.json", "sp-bpe-defined.model"]
            .map {
                try TokenizerFile.open(TestData.fixture($0))
            }
        var random = SplitMix64(seed: FuzzBudget.seed)
        var outcome = FuzzOutcome()
        var budget = FuzzBudget(variants: 300)
        while budget.spend() {
            var definition = originals[random.next(below: originals.count)]
            for _ in 0...random.next(below: 3) { DefinitionDamage.apply(to: &definition, originals, &random) }
            outcome.count {
                let tokenizer = try Tokenizer(definition)
                let ids = tokenizer.encode(Self.text, addSpecial: true, parseSpecial: true)
                _ = tokenizer.decode(ids, skipSpecial: false)
            }
        }
        #expect(outcome.isMixed, "\(outcome)")
    }
}
