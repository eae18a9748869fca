import Foundation
import TerseFormats
import TerseTensor
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseTraining

/// A run learns, is judged, and goes on after it was stopped as if it had not been.
@Suite struct TrainingRunTests {
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
            upkeep: {judge_every_steps: 10, checkpoint_every_steps: 7, log_every_steps: 5}
            """.utf8, "recipe.yaml")
        recipe = try TrainingRecipe.open(folder.path("recipe.yaml"))
    }

    func prepare(_ name: String, resumes: Bool = false, threads: Int = 1) throws -> TrainingRun {
        try #require(
            try TrainingRun.prepare(
                recipe, folder: folder.path(name), resumes: resumes, team: ThreadTeam(threads: threads)
            ) { _ in true })
    }

    /// The bytes of all tensors of the newest checkpoint.
    func tensors(_ name: String) throws -> [String: [UInt8]] {
        let checkpoint = try #require(try Checkpoint.newest(in: folder.path(name)))
        let file = try SafetensorsFile(path: checkpoint.path)
        return Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, Array($0.bytes.buffer)) })
    }

    @Test func itLearnsAndSaysSo() throws {
        let run = try prepare("run")
        #expect(run.stepCount == 32)
        #expect(try run.train { _ in true } == .complete)
        let entries = try TrainingLog.read(folder.path("run") + "/log.jsonl")
        #expect(entries.map(\.step) == [5, 10, 15, 20, 25, 30, 32])
        let judged = entries.compactMap(\.heldOut)
        #expect(judged.count == 4 && judged[3].nats < judged[0].nats - 0.2, "\(judged)")
        #expect(entries[6].loss < entries[0].loss - 0.3)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("run")).sorted()
        #expect(
            files == [
                "checkpoint-000000028.safetensors", "checkpoint-000000032.safetensors", "lock", "log.jsonl",
                "report.html", "training.tokens",
            ])
    }

    /// Stopped twice, with another number of threads each time: the weights, the optimiser's state and the log of the
    /// uninterrupted run, bit for bit.
    @Test func resumingIsAsIfNothingHappened() throws {
        _ = try prepare("whole").train { _ in true }
        for (threads, last) in [(1, 9), (2, 23), (3, 99)] {
            let run = try prepare("parts", resumes: last > 9, threads: threads)
            let end = try run.train { event in
                guard case .stepped(let entry, _) = event else { return true }
                return entry.step < last
            }
            #expect(end == (last == 99 ? .complete : .stopped))
        }
        #expect(try tensors("parts") == tensors("whole"))
        func losses(_ name: String) throws -> [Double] {
            try TrainingLog.read(folder.path(name) + "/log.jsonl").map(\.loss)
        }
        #expect(try losses("parts") == losses("whole"))
    }

    /// Checkpoints that have squares of what Muon moves, zeros, are gone on from; other tensors that are left over are named.
    @Test func squaresThatNobodyKeepsArePassedOver() throws {
        let run = try prepare("run")
        #expect(try run.train { _ in false } == .stopped)
        let checkpoint = try #require(try Checkpoint.newest(in: folder.path("run")))
        let file = try SafetensorsFile(path: checkpoint.path)
        let moved = try #require(file.tensors.first { $0.name.hasPrefix("mean.blk.0.attn_q") })
        #expect(!file.tensors.contains { $0.name.hasPrefix("square.blk.0.attn_q") })
        for (name, isRead) in [("square.blk.0.attn_q.weight", true), ("square.blk.7.attn_q.weight", false)] {
            let extra = SafetensorsTensor(name: name, type: .f32, shape: moved.shape, bytes: moved.bytes)
            try SafetensorsWriter.write(
                file.tensors + [extra], metadata: file.metadata.map { ($0.key, $0.value) }, to: folder.path("older"))
            let older = try Checkpoint(path: folder.path("older"))
            let states = file.tensors.map { tensor in
                let count = tensor.bytes.buffer.count / MemoryLayout<Float>.size
                return Checkpoint.State(
                    name: tensor.name, shape: tensor.shape,
                    values: UnsafeMutableBufferPointer<Float>.allocate(capacity: count))
            }
            defer { for state in states { state.values.deallocate() } }
            let unread: Set = ["square.blk.0.attn_q.weight"]
            if isRead {
                try older.restore(states, passingOver: unread)
            } else {
                let error = #expect(throws: TrainingError.self) { try older.restore(states, passingOver: unread) }
                #expect(error?.message.contains(name) == true)
            }
        }
    }

    @Test func aFolderIsOneRuns() throws {
        let missing = #expect(throws: TrainingError.self) { try prepare("typo", resumes: true) }
        #expect(missing?.message.contains("holds no run") == true)
        let run = try prepare("run")
        let second = #expect(throws: TrainingError.self) { try prepare("run") }
        #expect(second?.message.contains("another process is training") == true)
        try folder.write([], "run/checkpoint-000000007.safetensors.partial-1-2")
        #expect(try run.train { _ in false } == .stopped)
    }

    @Test func whatIsHeldOutIsNotLearned() throws {
        var other = recipe
        other.data.heldOut = [folder.path("text/3.txt")]
        let error = #expect(throws: TrainingError.self) {
            try TrainingRun.prepare(other, folder: folder.path("run"), resumes: false, team: ThreadTeam(threads: 1)) {
                _ in true
            }
        }
        #expect(error?.message.contains("3.txt: is held out and learned from") == true)
    }

    @Test func aRunIsNotOverwritten() throws {
        _ = try prepare("run").train { _ in false }
        let error = #expect(throws: TrainingError.self) { try prepare("run") }
        #expect(error?.message.contains("a run is there already") == true)
    }

    /// Killed before its first checkpoint, a run goes on from its beginning, and no other folder is taken for one.
    @Test func aRunWithoutACheckpointBeginsAgain() throws {
        let stopped = try TrainingRun.prepare(
            recipe, folder: folder.path("run"), resumes: false, team: ThreadTeam(threads: 1)
        ) { _ in false }
        #expect(stopped == nil)
        #expect(try prepare("run", resumes: true).train { _ in true } == .complete)
        _ = try prepare("whole").train { _ in true }
        #expect(try tensors("run") == tensors("whole"))
    }

    @Test func aTextWithoutWordsIsRefused() throws {
        try folder.write([0xEF, 0xBB, 0xBF], "mark.txt")
        var other = recipe
        other.data.training = [folder.path("mark.txt")]
        let error = #expect(throws: TrainingError.self) {
            try TrainingRun.prepare(other, folder: folder.path("run"), resumes: false, team: ThreadTeam(threads: 1)) {
                _ in true
            }
        }
        #expect(error?.message.contains("mark.txt: holds no text") == true, "\(error as Any)")
    }

    /// Weights mean nothing under other tokens.
    @Test func anotherTokenizerIsRefused() throws {
        _ = try prepare("run").train { _ in false }
        _ = try prepare("run", resumes: true).export()
        let corpus = try TextCorpus([Self.excerpt.path])
        let trainer = BytePairTrainer(vocabularySize: 400, specialTokens: ["<|end|>"])
        let training = TokenizerTraining(trainer: trainer, preTokenizer: "gpt-2", endOfText: "<|end|>")
        let definition = try #require(try training.train(on: corpus, team: ThreadTeam(threads: 1)))
        try TokenizerJSONWriter(definition).write(to: OutputFile(path: folder.path("other.json")))
        var other = recipe
        other.tokenizer = folder.path("other.json")
        for (path, message) in [("run", "another tokenizer"), ("run/model.gguf", "is not that of the recipe's")] {
            other.start = TrainingRecipe.Start(path: folder.path(path), name: path)
            let error = #expect(throws: TrainingError.self) {
                try TrainingRun.prepare(
                    other, folder: folder.path("new"), resumes: false, team: ThreadTeam(threads: 1)
                ) { _ in true }
            }
            #expect(error?.message.contains(message) == true, "\(error as Any)")
            #expect(error?.message.components(separatedBy: folder.path(path)).count == 2, "\(error as Any)")
        }
    }

    /// The layer after which numbers are no longer finite, or the weights that hold such.
    @Test func whatIsNotFiniteIsNamed() throws {
        let model = try prepare("run").model
        let index = try #require(model.parameters.layout.parameters.firstIndex { $0.name == "blk.0.ffn_norm.weight" })
        let offset = model.parameters.layout.parameters[index].offset
        let tokens = [Int32](repeating: 1, count: model.rows)
        func message(_ value: Float) -> String? {
            model.parameters.weights[offset] = value
            model.parameters.weightsChanged()
            let error = #expect(throws: TrainingError.self) { try model.losses(tokens: tokens, targets: tokens) }
            #expect(error?.code == .notFinite)
            return error?.message
        }
        #expect(message(.nan)?.contains("the tensor blk.0.ffn_norm.weight holds") == true)
        #expect(message(3e38)?.contains("layer 0 is the first that is not finite") == true)
        let embedding = try #require(model.parameters.layout.parameters.firstIndex { $0.name == "token_embd.weight" })
        let first = model.parameters.layout.parameters[embedding].offset + model.shape.hiddenSize
        for element in first..<first + model.shape.hiddenSize { model.parameters.weights[element] = 3e38 }
        #expect(message(1)?.contains("the logits are not") == true)
    }

    @Test func anotherRecipeIsRefused() throws {
        _ = try prepare("run").train { _ in false }
        var other = recipe
        other.work.seed = 9
        let error = #expect(throws: TrainingError.self) {
            try TrainingRun.prepare(other, folder: folder.path("run"), resumes: true, team: ThreadTeam(threads: 1)) {
                _ in true
            }
        }
        #expect(
            error?.message.contains("is of another run: training.seed: expected 1 as it began, found 9") == true,
            "\(error as Any)")
        other = recipe
        other.data.heldOutFraction = 0.5
        let split = #expect(throws: TrainingError.self) {
            try TrainingRun.prepare(other, folder: folder.path("run"), resumes: true, team: ThreadTeam(threads: 1)) {
                _ in true
            }
        }
        #expect(split?.message.contains("is of another run") == true)
        other = recipe
        other.upkeep.loggedEverySteps = 1
        #expect(
            try TrainingRun.prepare(other, folder: folder.path("run"), resumes: true, team: ThreadTeam(threads: 1)) {
                _ in true
            } != nil)
    }

    /// Cut anywhere or with a tensor changed, a checkpoint is refused and named.
    @Test func damagedCheckpointsAreRefused() throws {
        _ = try prepare("run").train { _ in false }
        let path = try #require(try Checkpoint.newest(in: folder.path("run"))).path
        let whole = try Data(contentsOf: URL(filePath: path))
        var nan = whole
        nan.replaceSubrange(nan.count - 4..<nan.count, with: [0, 0, 0xC0, 0x7F])
        for bytes in [whole.prefix(3), whole.prefix(whole.count / 2), whole.dropLast(), nan] {
            try bytes.write(to: URL(filePath: path))
            let error = #expect(throws: TrainingError.self) { try prepare("run", resumes: true) }
            #expect(error?.message.contains(path) == true, "\(error as Any)")
        }
    }

    /// A float run, then a ternary one from where it ended: what it learned is not lost, and what is served is what was
    /// trained.
    @Test func aTernaryRunStartsFromAFloatOne() throws {
        func losses(_ name: String, _ recipe: TrainingRecipe, steps: Int) throws -> (TrainingRun, [Double]) {
            let run = try #require(
                try TrainingRun.prepare(
                    recipe, folder: folder.path(name), resumes: false, team: ThreadTeam(threads: 2)
                ) { _ in true })
            var losses: [Double] = []
            _ = try run.train { event in
                if case .stepped(let entry, _) = event { losses.append(entry.loss) }
                return losses.count < steps
            }
            return (run, losses)
        }
        var float = recipe
        float.shape.isTernary = false
        let (source, learning) = try losses("float", float, steps: 99)
        var warm = recipe
        warm.start = TrainingRecipe.Start(path: folder.path("float"), name: "float")
        let (run, warmed) = try losses("warm", warm, steps: 3)
        let (_, cold) = try losses("cold", recipe, steps: 3)
        let end = learning.suffix(4).reduce(0, +) / 4
        #expect(learning[0] - end > 0.4 && abs(cold[0] - learning[0]) < 0.1, "\(learning)")
        #expect(warmed[0] - end < 0.3 * (cold[0] - end), "from \(end): \(warmed), not \(cold)")
        let (path, notices) = try run.export()
        #expect(notices.isEmpty)
        let tokens = TorchFixture.tokens(5, count: run.model.rows, vocabulary: 400)
        let expected = Array(try run.model.logits(tokens: tokens).prefix(16 * 400))
        let served = try ExportTests.servedLogits(path, Array(tokens.prefix(16)), threads: 1)
        #expect(ExportTests.error(served, expected) < 0.05)

        // Float from float, by the folder, the file and the exported model.
        _ = try source.export()
        float.work.seed = 5
        let newest = try #require(try Checkpoint.newest(in: folder.path("float")))
        for (name, path) in [("a", newest.path), ("b", folder.path("float/model.gguf"))] {
            float.start = TrainingRecipe.Start(path: path, name: name)
            let next = try #require(
                try TrainingRun.prepare(
                    float, folder: folder.path(name), resumes: false, team: ThreadTeam(threads: 1)
                ) { _ in true })
            let found = try next.model.logits(tokens: tokens)
            #expect(ExportTests.error(found, try source.model.logits(tokens: tokens)) < (name == "a" ? 1e-6 : 0.02))
        }
    }

    @Test func weightsOfAnotherShapeAreRefused() throws {
        _ = try prepare("run").train { _ in false }
        var other = recipe
        other.start = TrainingRecipe.Start(path: folder.path("run"), name: "run")
        other.shape.kvHeadCount = 4
        let error = #expect(throws: TrainingError.self) {
            try TrainingRun.prepare(other, folder: folder.path("next"), resumes: false, team: ThreadTeam(threads: 1)) {
                _ in true
            }
        }
        #expect(error?.message.contains("kv_heads: expected 4 as the recipe says, found 2") == true)
        other.start?.path = folder.path("nowhere")
        let missing = #expect(throws: TrainingError.self) {
            try TrainingRun.prepare(other, folder: folder.path("next"), resumes: false, team: ThreadTeam(threads: 1)) {
                _ in true
            }
        }
        #expect(missing?.message.contains("nowhere: no such file") == true)
    }
}
