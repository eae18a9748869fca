import Foundation
import TerseFormats
import TestSupport
import Testing

@testable import TerseTokenizer

/// Definitions written as GGUF metadata and read again tokenise as before.
@Suite struct GGUFRoundTripTests {
    static let names = ["bpe.json", "wordpiece.json", "characters.json", "sp-bpe.model", "sp-unigram.model"]

    @Test(arguments: names)
    func tokenizesAsBefore(name: String) throws {
        let definition = try TokenizerFile.open(TestData.fixture(name))
        let folder = try TemporaryFolder()
        let path = folder.path("\(name).gguf")
        var metadata = Metadata(source: name)
        metadata["general.architecture"] = .string("llama")
        try metadata.setTokenizer(definition, vocabularySize: definition.tokens.count + 3)
        try write(metadata, path)
        let original = try Tokenizer(definition)
        let reread = try Tokenizer(try TokenizerFile.open(path))
        #expect(reread.vocabularySize == original.vocabularySize + 3)
        #expect(reread.definition.special.eos == original.definition.special.eos)
        let vectors = HuggingFaceVectorTests.vectors("bpe-vectors.json")[0]
        for text in vectors.texts where !text.contains("\u{2581}") {
            #expect(reread.encode(text) == original.encode(text), "\(name): \(text.debugDescription)")
        }
    }

    /// A GGUF file (version 3) of metadata alone.
    private func write(_ metadata: Metadata, _ path: String) throws {
        _ = try GGUFWriter(path: path, metadata: metadata, tensors: []).finish()
    }

    @Test func saysWhatGGUFCannot() throws {
        let definition = try TokenizerFile.open(TestData.fixture("unigram.json"))
        var metadata = Metadata(source: "out")
        let error = #expect(throws: FormatError.self) { try metadata.setTokenizer(definition) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("normalisation") == true)
    }
}
