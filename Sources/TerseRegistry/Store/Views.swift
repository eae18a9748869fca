import Foundation

/// Folders in which files of the store have names of their own, by symbolic links. They can be made again at any time.
/// The links are relative, so that the home may be moved.
struct Views {
    let folder: String

    /// The folder with these files, if it is there and as it should be.
    func existing(_ files: [Variant.File]) -> String? {
        let path = path(of: files)
        let isSound = files.allSatisfy { file in
            let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(path)/\(file.path)")
            return link == Self.target(of: file)
        }
        return isSound ? path : nil
    }

    /// Makes it, in place of one that is not as it should be. Under the exclusive lock of the store, so that no two are
    /// made at once.
    func make(_ files: [Variant.File]) throws(RegistryError) -> String {
        if let existing = existing(files) { return existing }
        let new = "\(folder)/\(Self.unfinishedPrefix)\(UInt64.random(in: .min ... .max))"
        defer { try? FileManager.default.removeItem(atPath: new) }
        for file in files {
            let place = "\(new)/\(file.path)"
            try FileTree.makeFolder(FileTree.parent(of: place), isDurable: false)
            guard symlink(Self.target(of: file), place) == 0 else { throw .ofSystem("cannot link", place) }
        }
        let path = path(of: files)
        if rename(new, path) == 0 { return path }
        let code = errno
        guard [ENOTEMPTY, EEXIST, ENOTDIR].contains(code) else { throw .ofSystem("cannot rename to", path, code) }
        try? FileManager.default.removeItem(atPath: path)
        guard rename(new, path) == 0 else { throw .ofSystem("cannot rename to", path) }
        return path
    }

    private func path(of files: [Variant.File]) -> String { "\(folder)/\(FilePath.digest(files))" }

    /// From the folder of a file's link, which is that of the view or below it, up to the home and down to the store.
    private static func target(of file: Variant.File) -> String {
        String(repeating: "../", count: 2 + FilePath.depth(of: file.path)) + BlobStore.placeInHome(of: file.hash)
    }

    /// Removes those of other digests, and unfinished ones. Under the exclusive lock of the store.
    func removeAll(but digests: Set<String>) throws(RegistryError) {
        for name in try FileTree.names(in: folder) where !digests.contains(name) {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    private static let unfinishedPrefix = "unfinished-"
}
