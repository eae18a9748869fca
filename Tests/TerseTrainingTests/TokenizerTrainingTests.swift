import Foundation
import TerseTensor
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseTraining

@Suite struct TokenizerTrainingTests {
    static func train(_ corpus: TextCorpus, threads: Int) throws -> TokenizerDefinition? {
        let trainer = BytePairTrainer(vocabularySize: 700, specialTokens: ["<|endoftext|>"])
        return try TokenizerTraining(trainer: trainer, preTokenizer: "llama-bpe", endOfText: "<|endoftext|>")
            .train(on: corpus, team: ThreadTeam(threads: threads))
    }

    /// Neither threads, nor how a text is spread over documents between sentences, nor parts of a long one matter.
    @Test func threadsDoNotMatter() throws {
        let folder = try TemporaryFolder()
        var random = SplitMix64(seed: 4)
        let words = ["the", "cat", "sat", "on", "mat", "and", "then", "purred", "Élan", "42", "—"]
        for index in 0..<4 {
            var text = ""
            while text.utf8.count < 1_500_000 * (index % 2) + 5000 {
                text += words[random.next(below: words.count)] + [" ", " ", ", ", ".\n", "\n\n"][random.next(below: 5)]
            }
            try folder.write(text.utf8, "\(index).txt")
        }
        let corpus = try TextCorpus([folder.url.path])
        let one = try #require(try Self.train(corpus, threads: 1))
        #expect(try Self.train(corpus, threads: 3) == one)
        var whole = PieceCounts(preTokenization: one.preTokenization)
        for document in try CorpusTests.documents(corpus) {
            try Array(document.text.utf8).withUnsafeBufferPointer { try whole.add($0) }
        }
        let uncut = try BytePairTrainer(vocabularySize: 700, specialTokens: ["<|endoftext|>"]).train(on: whole)
        #expect(uncut?.tokens == one.tokens)
    }

    @Test func unknownPreTokenizersAreRefused() throws {
        let folder = try TemporaryFolder()
        let corpus = try TextCorpus([folder.write("text".utf8, "a.txt")])
        let trainer = BytePairTrainer(vocabularySize: 300, specialTokens: [])
        let error = #expect(throws: TrainingError.self) {
            try TokenizerTraining(trainer: trainer, preTokenizer: "gpt-5", endOfText: nil)
                .train(on: corpus, team: ThreadTeam(threads: 1))
        }
        #expect(error?.message.contains("gpt-5") == true)
    }
}
