import Foundation
import TerseFormats
import TerseTensor
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseTraining

/// A folder with texts, a tokenizer and a recipe of a run that takes a second.
struct TinyRun {
    let folder: TemporaryFolder
    let recipe: TrainingRecipe
    static let excerpt = TestData.repository.appending(path: "Tests/TerseTokenizerTests/Fixtures/training/excerpt.txt")

    init() throws {
        folder = try TemporaryFolder()
        let text = String(decoding: try Data(contentsOf: Self.excerpt), as: UTF8.self)
        try FileManager.default.createDirectory(atPath: folder.path("text"), withIntermediateDirectories: true)
        for (index, part) in text.split(separator: "\n\n").enumerated() where index < 60 {
            try folder.write(part.utf8, "text/\(index).txt")
        }
        let corpus = try TextCorpus([Self.excerpt.path])
        let trainer = BytePairTrainer(vocabularySize: 400, specialTokens: ["<|endoftext|>"])
        let training = TokenizerTraining(trainer: trainer, preTokenizer: "gpt-2", endOfText: "<|endoftext|>")
        let definition = try #require(try training.train(on: corpus, team: ThreadTeam(threads: 1)))
        try TokenizerJSONWriter(definition).write(to: OutputFile(path: folder.path("tok.json")))
        try folder.write(
            """
            name: tiny
            tokenizer: tok.json
            model: {architecture: bitnet, layers: 1, hidden_size: 256, feed_forward_size: 256, heads: 8, kv_heads: 2,
                    context_length: 16}
            data: {training: text, held_out_fraction: 0.1}
            training: {tokens: 4_000, windows_per_step: 8, windows_at_once: 4}
            optimizer: {muon: {iterations: 2}}
            schedule: {course: wsd, warm_up_steps: 4}
            upkeep: {evaluate_every_steps: 10, checkpoint_every_steps: 7, log_every_steps: 5}
            """.utf8, "recipe.yaml")
        recipe = try TrainingRecipe.open(folder.path("recipe.yaml"))
    }

    /// A run of `other`, or of the recipe, in the folder `name`.
    func prepare(
        _ name: String, _ other: TrainingRecipe? = nil, resumes: Bool = false, threads: Int = 1
    ) throws -> TrainingRun {
        try #require(
            try TrainingRun.prepare(
                other ?? recipe, folder: folder.path(name), resumes: resumes, team: ThreadTeam(threads: threads)
            ) { _ in true })
    }

    /// The bytes of all tensors of the newest checkpoint.
    func tensors(_ name: String) throws -> [String: [UInt8]] {
        let checkpoint = try #require(try Checkpoint.newest(in: folder.path(name)))
        let file = try SafetensorsFile(path: checkpoint.path)
        return Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, Array($0.bytes.buffer)) })
    }
}
