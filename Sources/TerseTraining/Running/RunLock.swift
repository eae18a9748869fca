import Foundation

/// The right to write into the folder of a run, which one process has at a time.
final class RunLock: Sendable {
    let folder: String
    private let descriptor: Int32

    private static let name = "lock"
    /// How the names of files begin that runs write: others are of other programs.
    private static let ownNames = ["checkpoint-", "training.tokens", "held-out.tokens", "model.gguf", "teacher.gguf"]

    /// Whether a run was ever begun in `folder`.
    static func wasTaken(_ folder: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)") }

    /// Makes the folder where there is none, takes the lock, and clears away what a killed process left half written.
    /// - Throws: `TrainingError` (`system`) when another process has the lock or the folder cannot be made or takes no
    ///   files.
    init(_ folder: String) throws(TrainingError) {
        try Self.makeFolder(folder)
        let path = folder + "/" + Self.name
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
        for name in names where Self.ownNames.contains(where: name.hasPrefix) && name.contains(".partial-") {
            unlink(folder + "/" + name)
        }
    }

    deinit { close(descriptor) }

    /// Makes a folder and those above it, where they are missing. Foundation would not say why it cannot.
    private static func makeFolder(_ path: String) throws(TrainingError) {
        let slashes = path.utf8.indices.filter { path.utf8[$0] == UInt8(ascii: "/") && $0 > path.startIndex }
        for end in slashes + [path.endIndex] {
            guard mkdir(String(path[..<end]), 0o777) == 0 || errno == EEXIST else {
                throw TrainingError(.system, "\(path): cannot make the folder: \(String(cString: strerror(errno)))")
            }
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw TrainingError(.system, "\(path): expected a folder for the run, found a file")
        }
    }
}
