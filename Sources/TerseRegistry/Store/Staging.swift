import Foundation

/// A folder of files on their way into the store, locked while this object lives and gone with it.
public final class Staging {
    /// A file that is whole, durable and hashed, and has no name in the store yet.
    public struct Blob {
        /// Whose folder the file is in: as long as there is a blob, there is its file.
        let staging: Staging
        let path: String
        public let hash: BlobHash
        public let byteCount: Int64
    }

    private let folder: String
    private let lock: FileLock
    private var count = 0

    /// Tries to find a name that nobody has.
    private static let attemptsMax = 100

    init(in parent: String) throws(RegistryError) {
        for _ in 0..<Self.attemptsMax {
            let path = parent + "/" + String(UInt64.random(in: .min ... .max), radix: 16)
            guard mkdir(path, 0o700) == 0 else {
                if errno == EEXIST { continue }
                throw .ofSystem("cannot make the folder", path)
            }
            // A collection of garbage may have taken the folder, not yet locked, for one left behind.
            guard let lock = FileLock.tryFolder(path) else { continue }
            folder = path
            self.lock = lock
            return
        }
        throw RegistryError(.system, "\(parent): no folder could be made there in \(Self.attemptsMax) attempts")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A path for a file that somebody else writes, for `adopt`.
    public func path(for name: String) -> String { folder + "/" + name }

    /// Copies a file.
    /// - Parameter progress: is told how many bytes have come; false stops.
    public func copy(
        _ path: String, progress: (Int64) -> Bool = { _ in true }
    ) throws(RegistryError) -> Blob {
        let file = try newFile()
        let read = try HashedFile.read(
            path, into: { bytes throws(RegistryError) in try file.write(bytes) }, progress: progress)
        try file.finish()
        return Blob(staging: self, path: file.path, hash: read.hash, byteCount: read.byteCount)
    }

    /// Takes over a file of this folder that is complete.
    public func adopt(
        _ path: String, progress: (Int64) -> Bool = { _ in true }
    ) throws(RegistryError) -> Blob {
        let read = try HashedFile.read(path, progress: progress)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .ofSystem("cannot open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .ofSystem("cannot sync", path) }
        return Blob(staging: self, path: path, hash: read.hash, byteCount: read.byteCount)
    }

    /// A file to be written piece by piece.
    func newFile() throws(RegistryError) -> StagedFile {
        count += 1
        return try StagedFile(path: "\(folder)/\(count).blob")
    }
}
