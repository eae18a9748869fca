import Foundation

/// Files by the hash of their bytes: `blobs/sha256/ab/ab12…`, each once, never written again.
struct BlobStore: Sendable {
    let folder: String
    private let hashes: String
    private let staging: String

    init(folder: URL) throws(RegistryError) {
        self.folder = folder.path
        hashes = folder.path + "/sha256"
        staging = folder.path + "/staging"
        try FileTree.makeFolder(hashes)
        try FileTree.makeFolder(staging)
    }

    /// Shared by those who place and record, exclusive for who deletes.
    func lock(_ kind: FileLock.Kind) throws(RegistryError) -> FileLock { try .acquire(folder + "/lock", kind) }

    /// A folder for files on their way.
    func stage() throws(RegistryError) -> Staging { try Staging(in: staging) }

    func path(of hash: BlobHash) -> String { "\(hashes)/\(hash.prefix)/\(hash)" }

    /// Gives staged files their names, durably; what the store has already, unharmed, stays. Under the shared lock.
    /// - Parameter isSound: whether the file that has the name already is what it should be.
    func place(_ blobs: [Staging.Blob], unless isSound: (Staging.Blob) -> Bool) throws(RegistryError) {
        var folders: Set<String> = []
        var placed: Set<BlobHash> = []
        for blob in blobs where placed.insert(blob.hash).inserted && !isSound(blob) {
            let destination = path(of: blob.hash)
            let folder = FileTree.parent(of: destination)
            if folders.insert(folder).inserted { try FileTree.makeFolder(folder) }
            guard chmod(blob.path, 0o444) == 0, rename(blob.path, destination) == 0 else {
                throw .ofSystem("cannot rename to \(destination)", blob.path)
            }
        }
        for folder in folders { try FileTree.sync(folder: folder) }
    }

    /// Every file that has a hash for its name.
    func list() throws(RegistryError) -> [BlobHash] {
        var result: [BlobHash] = []
        for prefix in try FileTree.names(in: hashes) {
            for name in try FileTree.names(in: "\(hashes)/\(prefix)") {
                if let hash = BlobHash(name), hash.prefix == prefix { result.append(hash) }
            }
        }
        return result
    }

    /// Removes folders that died processes left in staging.
    func removeLeftovers() throws(RegistryError) -> Int {
        var count = 0
        for name in try FileTree.names(in: staging) {
            let path = "\(staging)/\(name)"
            guard let lock = FileLock.tryFolder(path) else { continue }
            if (try? FileManager.default.removeItem(atPath: path)) != nil { count += 1 }
            lock.release()
        }
        return count
    }
}
