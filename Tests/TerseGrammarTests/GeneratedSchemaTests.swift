import TerseFormats
import TerseGrammar
import TerseJSON
import TerseTokenizer
import TestSupport
import Testing

/// Random schemas, and random texts that follow their masks: all of them parse and validate.
@Suite struct GeneratedSchemaTests {
    static let vocabulary = TestData.shared("tokenizers/ggml-vocab-gpt-2.gguf")

    @Test(.enabled(if: PythonValidator.found != nil, "\(PythonValidator.absence)"), arguments: [true, false])
    func textsValidate(isStrict: Bool) throws {
        let (entries, refused) = try Self.texts(schemas: isStrict ? 500 : 100, isStrict: isStrict, each: 1, Trial.bytes)
        let (complaints, good) = try #require(PythonValidator.found).judge(entries)
        let most = complaints.prefix(10).joined(separator: "\n")
        #expect(complaints.isEmpty, "\(complaints.count) texts do not validate:\n\(most)")
        #expect(good * 10 > entries.count * 9, "\(good) texts of \(entries.count) schemas")
        #expect(refused.isEmpty, "\(refused)")
    }

    @Test(
        .enabled(if: PythonValidator.found != nil, "\(PythonValidator.absence)"),
        .enabled(if: vocabulary != nil, "\(TestData.absence)"))
    func textsOfARealVocabularyValidate() throws {
        let tokenizer = try Tokenizer(TokenizerFile.open(try #require(Self.vocabulary)))
        let tokens = (0..<tokenizer.vocabularySize).map { tokenizer.piece(Int32($0)) }
        let trie = TokenTrie(tokens: tokens, endOfText: tokenizer.endOfTextIDs)
        let (entries, refused) = try Self.texts(schemas: 8, isStrict: true, each: 1, trie)
        let (complaints, good) = try #require(PythonValidator.found).judge(entries)
        #expect(complaints.isEmpty && refused.isEmpty && good > 6, "\(complaints.prefix(5).joined(separator: "\n"))")
    }

    /// Texts that ended, and what was refused.
    static func texts(schemas: Int, isStrict: Bool, each: Int, _ trie: TokenTrie) throws
        -> (entries: [(schema: JSONValue, texts: [String])], refused: [GrammarError])
    {
        var entries: [(schema: JSONValue, texts: [String])] = []
        var refused: [GrammarError] = []
        for seed in 1...UInt64(schemas) {
            var generator = SchemaGenerator(seed: seed, isStrict: isStrict)
            let schema = generator.schema()
            var random = SplitMix64(seed: seed)
            do {
                let trial = try Trial(.jsonSchema(schema), trie)
                var texts: [String] = []
                for _ in 0..<each {
                    guard let bytes = try trial.walk(&random) else { continue }
                    texts.append(try #require(String(validating: bytes, as: UTF8.self)))
                }
                entries.append((schema, texts))
            } catch let error as GrammarError {
                refused.append(error)
            }
        }
        return (entries, refused)
    }
}
