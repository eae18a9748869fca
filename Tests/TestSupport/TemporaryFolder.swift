import Foundation

/// A folder that is gone when this object is.
public final class TemporaryFolder: Sendable {
    public let url: URL

    public init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "terse-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    public func path(_ name: String) -> String { url.appending(path: name).path }

    /// Writes `bytes` as the file `name` and returns its path.
    @discardableResult
    public func write(_ bytes: some Sequence<UInt8>, _ name: String) throws -> String {
        try Data(bytes).write(to: url.appending(path: name))
        return path(name)
    }

    /// Copies a file or a directory into the folder.
    public func copy(_ source: String, _ name: String) throws {
        try FileManager.default.copyItem(atPath: source, toPath: path(name))
    }
}
