import Foundation

/// The right to write into the folder of a run, which one process has at a time.
final class RunLock: Sendable {
    let folder: String
    private let descriptor: Int32

    /// Whether a run was ever begun in `folder`.
    static func wasTaken(_ folder: String) -> Bool { FileManager.default.fileExists(atPath: folder + "/lock") }

    /// Takes the lock, and clears away what a killed process left half written.
    /// - Throws: `TrainingError` (`system`) when another process has the lock or the folder takes no files.
    init(_ folder: String) throws(TrainingError) {
        let path = folder + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw TrainingError(.system, "\(path): cannot write: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw TrainingError(.system, "\(folder): another process is training here")
        }
        self.folder = folder
        self.descriptor = descriptor
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.contains(".partial-") { unlink(folder + "/" + name) }
    }

    deinit { close(descriptor) }
}
