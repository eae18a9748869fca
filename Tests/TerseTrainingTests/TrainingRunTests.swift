import Foundation
import TerseFormats
import TerseTensor
import TerseTokenizer
import TestSupport
import Testing

@testable import TerseTraining

/// A run learns, is evaluated, and goes on after it was stopped as if it had not been.
@Suite struct TrainingRunTests {
    let runs: TinyRun
    var folder: TemporaryFolder { runs.folder }
    var recipe: TrainingRecipe { runs.recipe }

    init() throws { runs = try TinyRun() }

    @Test func itLearnsAndSaysSo() throws {
        let run = try runs.prepare("run")
        #expect(run.stepCount == 32)
        #expect(try run.train { _ in true } == .complete)
        let entries = try TrainingLog.read(folder.path("run") + "/log.jsonl")
        #expect(entries.map(\.step) == [5, 10, 15, 20, 25, 30, 32])
        let heldOut = entries.compactMap(\.heldOut)
        #expect(heldOut.count == 4 && heldOut[3].nats < heldOut[0].nats - 0.2, "\(heldOut)")
        #expect(try #require(entries[6].loss) < #require(entries[0].loss) - 0.3)
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
        _ = try runs.prepare("whole").train { _ in true }
        for (threads, last) in [(1, 9), (2, 23), (3, 99)] {
            let run = try runs.prepare("parts", resumes: last > 9, threads: threads)
            let end = try run.train { event in
                guard case .stepped(let entry, _) = event else { return true }
                return entry.step < last
            }
            #expect(end == (last == 99 ? .complete : .stopped))
        }
        #expect(try runs.tensors("parts") == runs.tensors("whole"))
        func losses(_ name: String) throws -> [Double?] {
            try TrainingLog.read(folder.path(name) + "/log.jsonl").map(\.loss)
        }
        #expect(try losses("parts") == losses("whole"))
    }

    @Test func aFolderIsOneRuns() throws {
        let missing = #expect(throws: TrainingError.self) { try runs.prepare("typo", resumes: true) }
        #expect(missing?.message.contains("holds no run") == true)
        let run = try runs.prepare("run")
        let second = #expect(throws: TrainingError.self) { try runs.prepare("run") }
        #expect(second?.message.contains("another process is training") == true)
        try folder.write([], "run/checkpoint-000000007.safetensors.partial-1-2")
        #expect(try run.train { _ in false } == .stopped)
    }

    @Test func whatIsHeldOutIsNotLearned() throws {
        var other = recipe
        other.data.heldOut = [folder.path("text/3.txt")]
        let error = #expect(throws: TrainingError.self) {
            try runs.prepare("run", other)
        }
        #expect(error?.message.contains("3.txt: is held out and learned from") == true)
    }

    /// What other programs have half written in the folder is theirs.
    @Test func onlyItsOwnRemnantsAreCleared() throws {
        let names = ["checkpoint-000000007.safetensors.partial-1-2", "model.gguf.partial-1-2", "big.gguf.partial-1-2"]
        try FileManager.default.createDirectory(atPath: folder.path("run"), withIntermediateDirectories: true)
        for name in names { try folder.write([], "run/" + name) }
        _ = try RunLock(folder.path("run"))
        #expect(names.map { FileManager.default.fileExists(atPath: folder.path("run/" + $0)) } == [false, false, true])
    }

    @Test func aRunIsNotOverwritten() throws {
        _ = try runs.prepare("run").train { _ in false }
        let error = #expect(throws: TrainingError.self) { try runs.prepare("run") }
        #expect(error?.message.contains("a run is there already") == true)
    }

    /// Killed before its first checkpoint, a run goes on from its beginning, and no other folder is taken for one.
    @Test func aRunWithoutACheckpointBeginsAgain() throws {
        let stopped = try TrainingRun.prepare(
            recipe, folder: folder.path("run"), resumes: false, team: ThreadTeam(threads: 1)
        ) { _ in false }
        #expect(stopped == nil)
        #expect(try runs.prepare("run", resumes: true).train { _ in true } == .complete)
        _ = try runs.prepare("whole").train { _ in true }
        #expect(try runs.tensors("run") == runs.tensors("whole"))
    }

    @Test func aTextWithoutWordsIsRefused() throws {
        try folder.write([0xEF, 0xBB, 0xBF], "mark.txt")
        var other = recipe
        other.data.training = [folder.path("mark.txt")]
        let error = #expect(throws: TrainingError.self) {
            try runs.prepare("run", other)
        }
        #expect(error?.message.contains("mark.txt: holds no text") == true, "\(error as Any)")
    }

    /// Weights mean nothing under other tokens.
    @Test func anotherTokenizerIsRefused() throws {
        _ = try runs.prepare("run").train { _ in false }
        _ = try runs.prepare("run", resumes: true).export()
        let corpus = try TextCorpus([TinyRun.excerpt.path])
        let trainer = BytePairTrainer(vocabularySize: 400, specialTokens: ["<|end|>"])
        let training = TokenizerTraining(trainer: trainer, preTokenizer: "gpt-2", endOfText: "<|end|>")
        let definition = try #require(try training.train(on: corpus, team: ThreadTeam(threads: 1)))
        try TokenizerJSONWriter(definition).write(to: OutputFile(path: folder.path("other.json")))
        var other = recipe
        other.tokenizer = folder.path("other.json")
        for (path, message) in [("run", "another tokenizer"), ("run/model.gguf", "is not that of the recipe's")] {
            other.start = WeightSource(path: folder.path(path), name: path)
            let error = #expect(throws: TrainingError.self) {
                try runs.prepare("new", other)
            }
            #expect(error?.message.contains(message) == true, "\(error as Any)")
            #expect(error?.message.components(separatedBy: folder.path(path)).count == 2, "\(error as Any)")
        }
    }

    /// The layer after which numbers are no longer finite, or the weights that hold such.
    @Test func whatIsNotFiniteIsNamed() throws {
        let model = try runs.prepare("run").model
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
        _ = try runs.prepare("run").train { _ in false }
        var other = recipe
        other.work.seed = 9
        let error = #expect(throws: TrainingError.self) {
            try runs.prepare("run", other, resumes: true)
        }
        #expect(
            error?.message.contains("is of another run: training.seed: expected 1 as it began, found 9") == true,
            "\(error as Any)")
        other = recipe
        other.data.heldOutFraction = 0.5
        let split = #expect(throws: TrainingError.self) {
            try runs.prepare("run", other, resumes: true)
        }
        #expect(split?.message.contains("is of another run") == true)
        other = recipe
        other.upkeep.loggedEverySteps = 1
        _ = try runs.prepare("run", other, resumes: true)
    }

    /// Cut anywhere or with a tensor changed, a checkpoint is refused and named.
    @Test func damagedCheckpointsAreRefused() throws {
        _ = try runs.prepare("run").train { _ in false }
        let path = try #require(try Checkpoint.newest(in: folder.path("run"))).path
        let whole = try Data(contentsOf: URL(filePath: path))
        var nan = whole
        nan.replaceSubrange(nan.count - 4..<nan.count, with: [0, 0, 0xC0, 0x7F])
        for bytes in [whole.prefix(3), whole.prefix(whole.count / 2), whole.dropLast(), nan] {
            try bytes.write(to: URL(filePath: path))
            let error = #expect(throws: TrainingError.self) { try runs.prepare("run", resumes: true) }
            #expect(error?.message.contains(path) == true, "\(error as Any)")
        }
    }

    /// Positions that no run comes to are refused.
    @Test(arguments: [("step", "9000000"), ("epoch", "9223372036854775807"), ("epoch", "-1")])
    func madeUpPositionsAreRefused(key: String, value: String) throws {
        _ = try runs.prepare("run").train { _ in false }
        let path = try #require(try Checkpoint.newest(in: folder.path("run"))).path
        let file = try SafetensorsFile(path: path)
        var metadata = file.metadata
        metadata[key] = value
        try SafetensorsWriter.write(
            file.tensors, metadata: metadata.map { ($0.key, $0.value) }, to: folder.path("other.safetensors"))
        #expect(rename(folder.path("other.safetensors"), path) == 0)
        let error = #expect(throws: TrainingError.self) { try runs.prepare("run", resumes: true) }
        #expect(error?.code == .mismatch, "\(error as Any)")
    }

    /// A float run, then a ternary one from where it ended: what it learned is not lost, and what is served is what was
    /// trained.
    @Test func aTernaryRunStartsFromAFloatOne() throws {
        func losses(_ name: String, _ recipe: TrainingRecipe, steps: Int) throws -> (TrainingRun, [Double]) {
            let run = try runs.prepare(name, recipe, threads: 2)
            var losses: [Double] = []
            _ = try run.train { event in
                if case .stepped(let entry, _) = event { losses.append(entry.loss ?? .nan) }
                return losses.count < steps
            }
            return (run, losses)
        }
        var float = recipe
        float.shape.isTernary = false
        let (source, learning) = try losses("float", float, steps: 99)
        var warm = recipe
        warm.start = WeightSource(path: folder.path("float"), name: "float")
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
            float.start = WeightSource(path: path, name: name)
            let next = try runs.prepare(name, float)
            let found = try next.model.logits(tokens: tokens)
            #expect(ExportTests.error(found, try source.model.logits(tokens: tokens)) < (name == "a" ? 1e-6 : 0.02))
        }
    }

    @Test func weightsOfAnotherShapeAreRefused() throws {
        _ = try runs.prepare("run").train { _ in false }
        var other = recipe
        other.start = WeightSource(path: folder.path("run"), name: "run")
        other.shape.kvHeadCount = 4
        let error = #expect(throws: TrainingError.self) {
            try runs.prepare("next", other)
        }
        #expect(error?.message.contains("kv_heads: expected 4 as the recipe says, found 2") == true)
        other.start?.path = folder.path("nowhere")
        let missing = #expect(throws: TrainingError.self) {
            try runs.prepare("next", other)
        }
        #expect(missing?.message.contains("nowhere: no such file") == true)
    }
}
