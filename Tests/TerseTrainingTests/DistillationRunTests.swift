import Foundation
import TerseFormats
import TerseTensor
import TestSupport
import Testing

@testable import TerseTraining

/// Runs with a teacher: it is learned from, whatever way its logits come, and a stopped run goes on as if it had not
/// been.
@Suite struct DistillationRunTests {
    let runs: TinyRun
    var folder: TemporaryFolder { runs.folder }
    /// Of the student, half the teacher's width.
    let recipe: TrainingRecipe

    init() throws {
        runs = try TinyRun()
        var teacher = runs.recipe
        teacher.shape.isTernary = false
        let run = try runs.prepare("teacher", teacher, threads: 2)
        _ = try run.train { _ in true }
        var recipe = teacher
        recipe.shape.hiddenSize = 64
        recipe.shape.headDimension = 8
        recipe.shape.feedForwardSize = 96
        recipe.work.tokens = 1280
        recipe.warmUpSteps = 0
        recipe.distillation = DistillationSettings(
            teacher: WeightSource(path: runs.folder.path("teacher"), name: "teacher"))
        self.recipe = recipe
    }

    func entries(_ run: TrainingRun, steps: Int = 99) throws -> [TrainingLogEntry] {
        var entries: [TrainingLogEntry] = []
        _ = try run.train { event in
            if case .stepped(let entry, _) = event { entries.append(entry) }
            return entries.count < steps
        }
        return entries
    }

    /// Every loss at once, some batches of the student's own text: the divergences shrink, and the log has them.
    @Test func theStudentComesToItsTeacher() throws {
        var recipe = recipe
        recipe.distillation?.weights.reverse = 0.5
        recipe.distillation?.weights.attention = 1
        recipe.distillation?.weights.temperature = 2
        recipe.distillation?.onPolicy = .init(fraction: 0.3, promptTokens: 4)
        let run = try runs.prepare("student", recipe)
        let entries = try entries(run)
        let (first, last) = (try #require(entries.first?.distillation), try #require(entries.last?.distillation))
        #expect(entries.count == 10)
        for (before, after) in [(first.forward, last.forward), (first.attention, last.attention)] {
            let (before, after) = (try #require(before), try #require(after))
            #expect(before > 0 && after < before, "\(before) → \(after)")
        }
        #expect(try TrainingLog.read(folder.path("student") + "/log.jsonl").last?.distillation == last)
        #expect(FileManager.default.fileExists(atPath: folder.path("student/teacher.gguf")))
        let html = try String(contentsOfFile: folder.path("student/report.html"), encoding: .utf8)
        #expect(html.contains("Divergence from the teacher"))
    }

    /// Stopped and resumed with another number of threads: the weights of the uninterrupted run, bit for bit, whichever
    /// way the teacher's logits come.
    @Test(arguments: [false, true]) func resumingIsAsIfNothingHappened(isCached: Bool) throws {
        var recipe = recipe
        recipe.shape.isTernary = true
        recipe.shape.hiddenSize = 256
        recipe.shape.headDimension = 32
        recipe.shape.feedForwardSize = 256
        if isCached {
            recipe.distillation?.source = .cached(topK: 12, bytesMax: 1 << 26)
        } else {
            recipe.distillation?.weights.attention = 0.5
            recipe.distillation?.onPolicy = .init(fraction: 0.5, promptTokens: 5)
        }
        let whole = try entries(runs.prepare("whole", recipe))
        let begun = try entries(runs.prepare("parts", recipe), steps: 4)
        let ended = try entries(runs.prepare("parts", recipe, resumes: true, threads: 3))
        #expect((begun + ended).map(\.loss) == whole.map(\.loss))
        #expect((begun + ended).map(\.distillation) == whole.map(\.distillation))
        let (parts, expected) = (try runs.tensors("parts"), try runs.tensors("whole"))
        #expect(parts == expected && !parts.isEmpty)
    }

    /// A file with nearly all tokens says nearly what the teacher says beside the student.
    @Test func aFileSaysWhatTheTeacherSays() throws {
        var cached = recipe
        cached.distillation?.source = .cached(topK: 399, bytesMax: 1 << 28)
        let stopped = try TrainingRun.prepare(
            cached, folder: folder.path("cached"), resumes: false, team: ThreadTeam(threads: 2)
        ) { event in
            if case .asking(let done, _) = event { return done < 100 }
            return true
        }
        #expect(stopped == nil)
        let unfinished = folder.path("cached/teacher.logits.unfinished")
        let kept = try Data(contentsOf: URL(filePath: unfinished))
        // Stopped after the last block, which is shorter than the others, and before the file had its name.
        let last = try TrainingRun.prepare(
            cached, folder: folder.path("last"), resumes: false, team: ThreadTeam(threads: 2)
        ) { event in
            if case .asking(let done, let all) = event { return done < all }
            return true
        }
        #expect(last == nil)
        _ = try runs.prepare("last", cached, resumes: true, threads: 2)
        // Cut in a block, as by a kill.
        try kept.dropLast(11).write(to: URL(filePath: unfinished))
        var asked: [Int] = []
        let run = try #require(
            try TrainingRun.prepare(
                cached, folder: folder.path("cached"), resumes: false, team: ThreadTeam(threads: 1)
            ) { event in
                if case .asking(let done, _) = event { asked.append(done) }
                return true
            })
        // What was whole is not asked again.
        #expect(try #require(asked.first) >= 100 && asked.count > 3)
        #expect(!FileManager.default.fileExists(atPath: unfinished))
        let found = try #require(try entries(run, steps: 1).first?.distillation?.forward)
        let expected = try #require(try entries(runs.prepare("live", recipe), steps: 1).first?.distillation?.forward)
        // The file's teacher sees more of what came before.
        #expect(abs(found - expected) < 0.2 * expected, "\(found), \(expected)")
        let path = folder.path("cached/teacher.logits")
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[bytes.count / 2] ^= 1
        try FileManager.default.createDirectory(atPath: folder.path("damaged"), withIntermediateDirectories: true)
        try bytes.write(to: URL(filePath: folder.path("damaged/teacher.logits")))
        let error = #expect(throws: TrainingError.self) { try runs.prepare("damaged", cached) }
        #expect(error?.message.contains("teacher.logits: block") == true, "\(error as Any)")
    }

    @Test func whatCannotTeachIsRefused() throws {
        var other = recipe
        other.distillation?.source = .cached(topK: 64, bytesMax: 1000)
        let large = #expect(throws: TrainingError.self) { try runs.prepare("a", other) }
        #expect(large?.code == .limitExceeded && large?.message.contains("cache_gib allows 1000") == true)
        other = recipe
        other.distillation?.teacher.path = folder.path("nobody")
        let missing = #expect(throws: TrainingError.self) { try runs.prepare("b", other) }
        #expect(missing?.message.contains("nobody: no such file") == true)
        other = recipe
        other.distillation?.weights.attention = 1
        other.distillation?.relation.heads = 3
        let heads = #expect(throws: TrainingError.self) { try runs.prepare("c", other) }
        #expect(heads?.message.contains("relation heads: expected a divisor") == true)
        other = recipe
        other.distillation?.teacher.path = TestData.shippedStories
        let tokens = #expect(throws: TrainingError.self) { try runs.prepare("d", other) }
        #expect(tokens?.message.contains("is not that of the recipe's tokenizer") == true, "\(tokens as Any)")
    }

    /// A teacher that was written for another recipe is not taken for this one's.
    @Test func aTeacherOfAnotherRecipeIsNotKept() throws {
        _ = try runs.prepare("run", recipe)
        let written = folder.path("run/teacher.gguf")
        let first = try Data(contentsOf: URL(filePath: written))
        var other = runs.recipe
        (other.shape.isTernary, other.work.seed, other.work.tokens, other.warmUpSteps) = (false, 5, 128, 0)
        let second = try runs.prepare("second", other)
        _ = try second.train { _ in true }
        let model = try second.export().path
        var recipe = recipe
        recipe.distillation?.teacher = WeightSource(path: folder.path("second"), name: "second")
        _ = try runs.prepare("run", recipe, resumes: true)
        #expect(try Data(contentsOf: URL(filePath: written)) != first)
        // A model is not written again, and what lies there is not taken for it.
        recipe.distillation?.teacher = WeightSource(path: model, name: "model")
        _ = try entries(runs.prepare("run", recipe), steps: 1)
        #expect(try entries(runs.prepare("run", recipe, resumes: true), steps: 1).first?.step == 2)
    }

    /// A run that was stopped before its first checkpoint goes on with the teacher that it began with, and with what that
    /// had said, though the teacher's own run is gone.
    @Test func aTeacherIsKeptFromTheBeginning() throws {
        var cached = recipe
        cached.distillation?.source = .cached(topK: 12, bytesMax: 1 << 26)
        _ = try runs.prepare("run", cached)
        try FileManager.default.removeItem(atPath: folder.path("teacher"))
        let end = try entries(runs.prepare("run", cached, resumes: true)).last
        #expect(end?.step == 10 && end?.distillation?.forward != nil)
    }

    /// A file of somebody else's in the teacher's place is left alone.
    @Test func aModelInTheTeachersPlaceIsNotReplaced() throws {
        try FileManager.default.createDirectory(atPath: folder.path("run"), withIntermediateDirectories: true)
        let path = folder.path("run/teacher.gguf")
        try FileManager.default.copyItem(atPath: TestData.shippedStories, toPath: path)
        let error = #expect(throws: TrainingError.self) { try runs.prepare("run", recipe) }
        #expect(error?.message.contains("teacher.gguf: was not written by a run") == true, "\(error as Any)")
        #expect(FileManager.default.contentsEqual(atPath: path, andPath: TestData.shippedStories))
    }

    /// A ternary student that writes all of its text itself has no loss on given text, and its memory is counted.
    @Test func aStudentMayWriteAllOfItsText() throws {
        var (own, given) = (recipe, recipe)
        own.shape.isTernary = true
        (own.shape.hiddenSize, own.shape.headDimension, own.shape.feedForwardSize) = (256, 32, 256)
        given.shape = own.shape
        own.distillation?.onPolicy = .init(fraction: 1, promptTokens: 4)
        let run = try runs.prepare("own", own)
        #expect(try run.memoryBytes > runs.prepare("given", given).memoryBytes)
        let entry = try #require(try entries(run, steps: 1).first)
        #expect(entry.loss == nil && entry.distillation?.forward != nil)
        #expect(try TrainingLog.read(folder.path("own/log.jsonl")).allSatisfy { $0.loss == nil })
    }

    /// A teacher changed between two parts of a run, or other weights of its losses, make another run.
    @Test func anotherTeacherIsAnotherRun() throws {
        _ = try entries(runs.prepare("run", recipe), steps: 2)
        var other = recipe
        other.distillation?.weights.temperature = 3
        let error = #expect(throws: TrainingError.self) { try runs.prepare("run", other, resumes: true) }
        #expect(error?.message.contains("is of another run") == true)
        // The teacher of a run is kept with it.
        try FileManager.default.removeItem(atPath: folder.path("teacher"))
        #expect(try entries(runs.prepare("run", recipe, resumes: true), steps: 1).first?.step == 3)
    }
}
