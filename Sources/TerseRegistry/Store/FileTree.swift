import Foundation

/// Folders, made and synced.
enum FileTree {
    /// Makes a folder and those above it.
    /// - Parameter isDurable: whether they are there after a power failure, too.
    static func makeFolder(_ path: String, isDurable: Bool = true) throws(RegistryError) {
        if try makeOne(path, isDurable: isDurable) { return }
        if path.utf8.contains(slash), parent(of: path) != path {
            try makeFolder(parent(of: path), isDurable: isDurable)
            if try makeOne(path, isDurable: isDurable) { return }
        }
        // The folder above is there, but takes no names: it was deleted, or is not of a disk.
        throw .ofSystem("cannot make the folder", path, ENOENT)
    }

    /// - Returns: false where the system finds no folder to make it in.
    private static func makeOne(_ path: String, isDurable: Bool) throws(RegistryError) -> Bool {
        if mkdir(path, 0o755) == 0 {
            if isDurable { try sync(folder: parent(of: path)) }
            return true
        }
        let code = errno
        if code == ENOENT { return false }
        var status = stat()
        guard code == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw .ofSystem("cannot make the folder", path, code)
        }
        // Another process may have made it and be about to sync; a folder above may be one that cannot be opened.
        if isDurable { try? sync(folder: parent(of: path)) }
        return true
    }

    /// Makes the names of a folder durable.
    static func sync(folder path: String) throws(RegistryError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .ofSystem("cannot open", path) }
        defer { close(descriptor) }
        // File systems that cannot sync a folder say EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw .ofSystem("cannot sync", path) }
    }

    static func parent(of path: String) -> String {
        let trimmed = path.utf8.last == slash ? path.utf8.dropLast() : path.utf8[...]
        guard let end = trimmed.lastIndex(of: slash) else { return "." }
        return end == trimmed.startIndex ? "/" : String(path[..<end])
    }

    /// Among bytes: to Swift a slash and an accent behind it are one character.
    private static let slash = UInt8(ascii: "/")

    /// The names in a folder, none when it is not there.
    static func names(in folder: String) throws(RegistryError) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            guard FileManager.default.fileExists(atPath: folder) else { return [] }
            throw RegistryError(.system, "\(folder): cannot list: \(error.localizedDescription)")
        }
    }
}
