import Foundation
import TerseTensor
import TestSupport
import Testing

@testable import TerseTraining

/// Where a run's folder may lie.
@Suite struct RunFolderTests {
    let runs: TrainingRunTests

    init() throws { runs = try TrainingRunTests() }

    /// Among its texts: a run learns from what one elsewhere does, and goes on when it was stopped.
    @Test func aRunMayLieAmongItsTexts() throws {
        for name in ["text/first", "text/runs/second"] {
            let end = try runs.prepare(name).train { event in
                guard case .stepped(let entry, _) = event else { return true }
                return entry.step < 6
            }
            #expect(end == .stopped)
            #expect(try !TrainingLog.read(runs.folder.path(name) + "/log.jsonl").isEmpty)
        }
        #expect(try runs.prepare("text/first", resumes: true).train { _ in true } == .complete)
        _ = try runs.prepare("whole").train { _ in true }
        #expect(try runs.tensors("text/first") == runs.tensors("whole"))
    }

    /// Its texts would be passed over once the run has begun, so it does not, and leaves nothing there.
    @Test func aFolderOfTextsTakesNoRun() throws {
        let folder = runs.folder
        try FileManager.default.createDirectory(atPath: folder.path("text/more"), withIntermediateDirectories: true)
        try folder.write("more text".utf8, "text/more/a.txt")
        let texts = runs.recipe.data.training[0]
        for name in ["text", "text/more"] {
            let error = #expect(throws: TrainingError.self) { try runs.prepare(name) }
            let expected = "\(folder.path(name)): holds texts of data.training \(texts)"
            #expect(error?.message.hasPrefix(expected) == true, "\(error as Any)")
            #expect(!RunLock.wasTaken(folder.path(name)))
        }
    }

    /// A text that the recipe names is read wherever it lies, before and after the run has begun.
    @Test func aTextThatIsNamedMayLieBesideTheRun() throws {
        let folder = runs.folder
        try FileManager.default.createDirectory(atPath: folder.path("own"), withIntermediateDirectories: true)
        try folder.copy(TrainingRunTests.excerpt.path, "own/all.txt")
        var recipe = runs.recipe
        recipe.data = TrainingRecipe.Data(training: [folder.path("own/all.txt")], heldOut: [], heldOutFraction: 0)
        for resumes in [false, true] {
            let run = try TrainingRun.prepare(
                recipe, folder: folder.path("own"), resumes: resumes, team: ThreadTeam(threads: 1)
            ) { _ in true }
            #expect(run != nil)
        }
    }

    @Test func aFolderThatCannotBeMadeIsExplained() throws {
        let file = try runs.folder.write("text".utf8, "file")
        for (path, message) in [
            ("/dev/null/run", "cannot make the folder: Not a directory"),
            (file, "expected a folder for the run, found a file"),
        ] {
            let error = #expect(throws: TrainingError.self) { try RunLock(path) }
            #expect(error?.message == "\(path): \(message)")
        }
    }
}
