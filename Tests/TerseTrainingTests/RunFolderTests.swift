import Foundation
import TerseTensor
import TestSupport
import Testing

@testable import TerseTraining

/// Where a run's folder may lie.
@Suite struct RunFolderTests {
    let runs: TinyRun

    init() throws { runs = try TinyRun() }

    /// Among its texts: a run learns from what one elsewhere does, and goes on when it was stopped.
    @Test func aRunMayLieAmongItsTexts() throws {
        for name in ["text", "text/runs/second"] {
            let end = try runs.prepare(name).train { event in
                guard case .stepped(let entry, _) = event else { return true }
                return entry.step < 6
            }
            #expect(end == .stopped)
            #expect(try !TrainingLog.read(runs.folder.path(name) + "/log.jsonl").isEmpty)
        }
        #expect(try runs.prepare("text", resumes: true).train { _ in true } == .complete)
        _ = try runs.prepare("whole").train { _ in true }
        #expect(try runs.tensors("text") == runs.tensors("whole"))
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
