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
            guard isSafe(path) else {
                throw RegistryError(
                    .invalid,
                    "\(what): expected the path of a file within it, of up to \(RegistryLimits.pathDepthMax) names of "
                        + "up to \(RegistryLimits.pathPartBytesMax) bytes, \(RegistryLimits.pathBytesMax) in all, "
                        + "without control characters; found \(RecordText.prefix(path, max: 200).debugDescription)")
            }
            guard known.insert(path).inserted else {
                throw RegistryError(.invalid, "\(what): the file \(path.debugDescription) is there twice")
            }
            for end in path.utf8.indices where path.utf8[end] == slash { folders.insert(String(path[..<end])) }
        }
        if let both = known.intersection(folders).min() {
            throw RegistryError(.invalid, "\(what): \(both.debugDescription) is a file and a folder")
        }
    }

    private static let slash = UInt8(ascii: "/")

    /// Byte by byte, as the system reads paths: to Swift a slash and an accent behind it are one character, no slash.
    private static func isSafe(_ path: String) -> Bool {
        // A line of `digest` must be one line, and terminals obey control characters.
        let isPlain = path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        guard isPlain, path.utf8.count <= RegistryLimits.pathBytesMax else { return false }
        let parts = path.utf8.split(separator: slash, omittingEmptySubsequences: false)
        return parts.count <= RegistryLimits.pathDepthMax
            && parts.allSatisfy { part in
                !part.isEmpty && part.count <= RegistryLimits.pathPartBytesMax && !part.elementsEqual(".".utf8)
                    && !part.elementsEqual("..".utf8)
            }
    }

    /// How many folders of the variant the file lies in.
    static func depth(of path: String) -> Int { path.utf8.count { $0 == slash } }

    /// What a variant is made of, in one hash: of a line `HASH  PATH` for each file, ordered by path, as sha256sum
    /// prints them.
    static func digest(_ files: [Variant.File]) -> BlobHash {
        let ordered = files.sorted { RecordText.precedes($0.path, $1.path) }
        var hasher = SHA256()
        for file in ordered { hasher.update(data: Data("\(file.hash)  \(file.path)\n".utf8)) }
        return BlobHash(hasher.finalize())
    }
}
