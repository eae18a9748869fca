import Foundation

/// Folders in which files of the store have names of their own, by symbolic links. They can be made again at any time.
struct Views {
    let folder: String

    /// The folder with these files, if it is there and as it should be.
    func existing(_ files: [Variant.File], in store: BlobStore) -> String? {
        let path = path(of: files)
        let isSound = files.allSatisfy { file in
            let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(path)/\(file.path)")
            return link == store.path(of: file.hash)
        }
        return isSound ? path : nil
    }

    /// Makes it, in place of one that is not as it should be. Under the shared lock of the store.
    func make(_ files: [Variant.File], in store: BlobStore) throws(RegistryError) -> String {
        try FileTree.makeFolder(folder)
        let new = "\(folder)/\(Self.unfinishedPrefix)\(UInt64.random(in: .min ... .max))"
        defer { try? FileManager.default.removeItem(atPath: new) }
        for file in files {
            let place = "\(new)/\(file.path)"
            try FileTree.makeFolder(FileTree.parent(of: place))
            guard symlink(store.path(of: file.hash), place) == 0 else { throw .ofSystem("cannot link", place) }
        }
        let path = path(of: files)
        if rename(new, path) == 0 { return path }
        // Another process was faster, or what is there is not what it should be.
        let code = errno
        guard [ENOTEMPTY, EEXIST, ENOTDIR].contains(code) else { throw .ofSystem("cannot rename to", path, code) }
        if let existing = existing(files, in: store) { return existing }
        try? FileManager.default.removeItem(atPath: path)
        guard rename(new, path) == 0 else { throw .ofSystem("cannot rename to", path) }
        return path
    }

    private func path(of files: [Variant.File]) -> String { "\(folder)/\(FilePath.digest(files))" }

    /// Removes those of other digests, and unfinished ones. Under the exclusive lock of the store.
    func removeAll(but digests: Set<String>) throws(RegistryError) {
        for name in try FileTree.names(in: folder) where !digests.contains(name) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    private static let unfinishedPrefix = "unfinished-"
}
