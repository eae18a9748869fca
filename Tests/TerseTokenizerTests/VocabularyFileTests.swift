import Foundation
import TerseFormats
import TestSupport
import Testing

@testable import TerseTokenizer

/// Files that hold a vocabulary: what is wrong with one is said with the file's name before anything is made of it.
@Suite struct VocabularyFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func error(_ bytes: [UInt8], _ name: String) throws -> FormatError? {
        let path = try folder.write(bytes, name)
        let error = #expect(throws: FormatError.self) { try TokenizerFile.open(path) }
        #expect(error?.message.hasPrefix(path) == true, "\(error as Any)")
        return error
    }

    private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = bytes.count
        repeat {
            length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return [number << 3 | 2] + length + bytes
    }

    @Test func sentencePieceOfHugePiece() throws {
        let piece = field(1, field(1, [UInt8](repeating: 0x61, count: 70_000)))
        let found = try error(field(1, field(1, [0x61])) + piece, "a.model")
        #expect(found?.code == .limitExceeded)
        #expect(found?.message.contains("piece 1: 70000 bytes, the limit is 65536") == true, "\(found as Any)")
    }

    @Test func tiktokenOfHugeToken() throws {
        let long = Data(repeating: 0x61, count: 70_000).base64EncodedString()
        let found = try error(Array("YQ== 0\n\(long) 1\n".utf8), "a.model")
        #expect(found?.message.contains("line 2 is \"YWFh") == true, "\(found as Any)")
        let unranked = try error(Array("YQ== 0\n\nYg== 2\n".utf8), "b.model")
        #expect(unranked?.message.hasSuffix("line 3: rank 2, expected 1") == true, "\(unranked as Any)")
        let unpadded = try error(Array("YQ== 0\nYg= 1\n".utf8), "c.model")
        #expect(unpadded?.message.contains("line 2 is \"Yg= 1\", expected base64") == true, "\(unpadded as Any)")
    }

    @Test func ggufArraysOfAnotherLength() throws {
        for (key, value) in [
            ("tokenizer.ggml.scores", MetadataValue.array(MetadataArray([Float](repeating: 0, count: 5)))),
            ("tokenizer.ggml.token_type", .array(MetadataArray([Int32](repeating: 1, count: 5)))),
        ] {
            var metadata = Metadata(source: "a")
            try metadata.setTokenizer(TokenizerFile.open(TestData.fixture("sp-bpe.model")))
            let count = try #require(metadata["tokenizer.ggml.tokens"]?.arrayValue?.count)
            metadata[key] = value
            let path = folder.path("a.gguf")
            _ = try GGUFWriter(path: path, metadata: metadata, tensors: []).finish()
            let found = #expect(throws: FormatError.self) { try TokenizerFile.open(path) }
            #expect(found?.message == "\(path): \(key) has 5 elements for \(count) tokens", "\(found as Any)")
        }
    }

    /// What only the tokenizer itself can know to be wrong names the file, too, and the step.
    @Test func contradictionsNameTheFile() throws {
        let steps = Array(
            repeating: #"{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaaaaaaaa"}"#, count: 4)
        let document =
            #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Sequence","#
            + #""normalizers":[\#(steps.joined(separator: ","))]}}"#
        let found = try error(Array(document.utf8), "tokenizer.json")
        #expect(found?.code == .limitExceeded)
        #expect(found?.message.contains("normalisation step 3 (replace \"a\")") == true, "\(found as Any)")
    }
}
