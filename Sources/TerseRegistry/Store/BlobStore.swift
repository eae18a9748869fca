import Foundation

/// Files by the hash of their bytes: `blobs/sha256/ab/ab12…`, each once, never written again.
struct BlobStore: Sendable {
    let folder: String
    private let hashes: String
    private let staging: String

    private static let name = "blobs"
    private static let hashesName = "sha256"

    init(home: URL) throws(RegistryError) {
        folder = home.appending(path: Self.name, directoryHint: .isDirectory).path
        hashes = "\(folder)/\(Self.hashesName)"
        staging = folder + "/staging"
        try FileTree.makeFolder(hashes)
        try FileTree.makeFolder(staging)
    }

    /// Shared by those who place and record, exclusive for who deletes.
    func lock(_ kind: FileLock.Kind) throws(RegistryError) -> FileLock { try .acquire(folder + "/lock", kind) }

    /// A folder for files on their way.
    func stage() throws(RegistryError) -> Staging { try Staging(in: staging) }

    func path(of hash: BlobHash) -> String { "\(hashes)/\(hash.prefix)/\(hash)" }

    /// The path of a file below the home.
    static func placeInHome(of hash: BlobHash) -> String { "\(name)/\(hashesName)/\(hash.prefix)/\(hash)" }

    /// Gives staged files their names, durably; what the store has already, unharmed, stays. Under the shared lock.
    /// - Parameters:
    ///   - isSound: whether the file that has the name already is what it should be.
    ///   - sync: makes the names of a folder durable.
    func place(
        _ blobs: [Staging.Blob], unless isSound: (Staging.Blob) -> Bool,
        sync: (String) throws(RegistryError) -> Void = { folder throws(RegistryError) in
            try FileTree.sync(folder: folder)
        }
    ) throws(RegistryError) {
        // That of a file which is there, too: who placed it may not have come to syncing it, and may never.
        var folders: Set<String> = []
        var placed: Set<BlobHash> = []
        for blob in blobs where placed.insert(blob.hash).inserted {
            let destination = path(of: blob.hash)
            let folder = FileTree.parent(of: destination)
            folders.insert(folder)
            if isSound(blob) { continue }
            try FileTree.makeFolder(folder, isDurable: false)
            guard chmod(blob.path, 0o444) == 0, rename(blob.path, destination) == 0 else {
                throw .ofSystem("cannot rename to \(destination)", blob.path)
            }
        }
        for folder in folders.sorted() + [hashes] { try sync(folder) }
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
