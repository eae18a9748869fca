import Foundation
import TerseFormats
import TerseJSON
import Testing

@testable import TerseTokenizer

/// Damaged files: every reader answers with a definition or an error, and a definition makes a tokenizer that encodes
/// and decodes, or an error.
@Suite(.serialized) struct ReaderFuzzTests {
    static let text = "The quick brown fox, don't 12345 \n\n  é日本語😀 <s></s> zz ▁\u{FEFF}x"

    private func fuzz(_ what: String, _ originals: [[UInt8]], headBytes: Int) throws {
        let reader = FileReader()
        var fuzz = MutationFuzz()
        fuzz.run(originals, headBytes: headBytes) { try reader.read($0) }.check(what)
    }

    /// Writes bytes to a file, reads the tokenizer in it and uses it.
    private final class FileReader {
        private let path = NSTemporaryDirectory() + "/terse-fuzz-\(UInt64.random(in: 0 ... .max))"

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func read(_ bytes: [UInt8]) throws {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            let tokenizer = try Tokenizer(try TokenizerFile.open(path))
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
        let reader = FileReader()
        var random = SplitMix64(state: MutationFuzz.seed)
        var fuzz = MutationFuzz()
        var outcome = MutationFuzz.Outcome()
        let end = Date().addingTimeInterval(MutationFuzz.seconds)
        repeat {
            let index = random.next(below: originals.count)
            let bytes: [UInt8]
            if random.next(below: 4) == 0 {
                bytes = fuzz.mutate(originals[index], others: originals, headBytes: 3_000)
            } else {
                var document = documents[index]
                for _ in 0...random.next(below: 2) { document = JSONDamage.apply(to: document, &random) }
                bytes = Array(document.serialized().utf8)
            }
            do {
                try reader.read(bytes)
                outcome.accepted += 1
            } catch { outcome.refused += 1 }
        } while Date() < end
        outcome.check("tokenizer.json")
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
            let path = NSTemporaryDirectory() + "/terse-\(UInt64.random(in: 0 ... .max)).gguf"
            defer { try? FileManager.default.removeItem(atPath: path) }
            var metadata = Metadata(source: name)
            try metadata.setTokenizer(definition)
            try GGUFWriter.write([], metadata: metadata, to: path)
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

    @Test(.enabled(if: TestData.has("models/tok512.bin"), "needs models/tok512.bin of the shared data"))
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
        var random = SplitMix64(state: MutationFuzz.seed)
        var outcome = MutationFuzz.Outcome()
        let end = Date().addingTimeInterval(MutationFuzz.seconds)
        repeat {
            var definition = originals[random.next(below: originals.count)]
            for _ in 0...random.next(below: 3) { DefinitionDamage.apply(to: &definition, originals, &random) }
            do {
                let tokenizer = try Tokenizer(definition)
                let ids = tokenizer.encode(Self.text, addSpecial: true, parseSpecial: true)
                _ = tokenizer.decode(ids, skipSpecial: false)
                outcome.accepted += 1
            } catch { outcome.refused += 1 }
        } while Date() < end
        outcome.check("definitions")
    }
}
