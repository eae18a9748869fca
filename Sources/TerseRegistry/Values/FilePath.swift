import Crypto
import Foundation

/// The rules for paths of files within a variant: they stay within it, and no two are the same.
enum FilePath {
    /// - Throws: `RegistryError` (`invalid`, `limitExceeded`) naming the path.
    static func check(_ paths: [String], of what: String) throws(RegistryError) {
        guard !paths.isEmpty else { throw RegistryError(.invalid, "\(what): expected a file or more, found none") }
        guard paths.count <= RegistryLimits.filesMax else {
            throw RegistryError(
                .limitExceeded, "\(what): \(paths.count) files, the limit is \(RegistryLimits.filesMax)")
        }
        var known: Set<String> = []
        var folders: Set<String> = []
        for path in paths {
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            let isSafe =
                path.utf8.count <= RegistryLimits.pathBytesMax && !path.utf8.contains(0)
                && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
            guard isSafe else {
                throw RegistryError(
                    .invalid,
                    "\(what): expected the path of a file within it, found \(path.prefix(200).debugDescription)")
            }
            guard known.insert(path).inserted else {
                throw RegistryError(.invalid, "\(what): the file \(path.debugDescription) is there twice")
            }
            for end in parts.indices.dropFirst() { folders.insert(parts[..<end].joined(separator: "/")) }
        }
        if let both = known.intersection(folders).min() {
            throw RegistryError(.invalid, "\(what): \(both.debugDescription) is a file and a folder")
        }
    }

    /// What a variant is made of, in one hash: of a line `HASH  PATH` for each file, ordered by path, as sha256sum
    /// prints them.
    static func digest(_ files: [Variant.File]) -> BlobHash {
        let ordered = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        var hasher = SHA256()
        for file in ordered { hasher.update(data: Data("\(file.hash)  \(file.path)\n".utf8)) }
        return BlobHash(hasher.finalize())
    }
}
