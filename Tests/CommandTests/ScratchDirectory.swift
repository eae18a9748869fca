import Foundation

/// A directory that goes away with this object.
final class ScratchDirectory: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "terse-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ name: String) -> URL { url.appending(path: name) }

    /// Writes a file and returns its path.
    func write(_ contents: some DataProtocol, to name: String) throws -> String {
        try Data(contents).write(to: file(name))
        return file(name).path
    }
}
