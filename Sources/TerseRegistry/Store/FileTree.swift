import Foundation

/// Folders, made and synced.
enum FileTree {
    /// Makes a folder and those above it, durably.
    static func makeFolder(_ path: String) throws(RegistryError) {
        if mkdir(path, 0o755) == 0 { return try sync(folder: parent(of: path)) }
        let code = errno
        if code == ENOENT, path.contains("/"), parent(of: path) != path {
            try makeFolder(parent(of: path))
            return try makeFolder(path)
        }
        var status = stat()
        guard code == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw .ofSystem("cannot make the folder", path, code)
        }
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
        let trimmed = path.hasSuffix("/") ? String(path.dropLast()) : path
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// The names in a folder, none when it is not there.
    static func names(in folder: String) throws(RegistryError) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            guard FileManager.default.fileExists(atPath: folder) else { return [] }
            throw RegistryError(.system, "\(folder): cannot list: \(error.localizedDescription)")
        }
    }
}
