import Foundation

/// A new file beside the one that it will replace.
struct FileReplacement {
    /// What will be replaced: behind symbolic links, if the path is one.
    let target: String
    let temporaryPath: String
    /// Open for writing at `temporaryPath`.
    let descriptor: Int32

    /// Symbolic links followed, as many as Linux follows.
    private static let linksMax = 40

    init(path: String) throws(FormatError) {
        target = try Self.followingLinks(path)
        temporaryPath = "\(target).partial-\(getpid())-\(UInt32.random(in: .min ... .max))"
        var existing = stat()
        let exists = stat(target, &existing) == 0
        if exists {
            guard existing.st_mode & S_IFMT != S_IFDIR else { throw FormatError(.system, "\(path): is a directory") }
            guard access(target, W_OK) == 0 else { throw .ofSystem("cannot write", path) }
        }
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)  // Less the process's mask.
        guard descriptor >= 0 else { throw .ofSystem("cannot create", temporaryPath) }
        guard exists else { return }
        // Who may not give the file away keeps it as their own.
        if existing.st_uid != geteuid() { _ = fchown(descriptor, existing.st_uid, existing.st_gid) }
        guard fchmod(descriptor, existing.st_mode & 0o7777) == 0 else {
            let error = FormatError.ofSystem("cannot set the permissions of", temporaryPath)
            close(descriptor)
            remove()
            throw error
        }
    }

    /// The path that symbolic links at `path` lead to, which need not exist.
    private static func followingLinks(_ path: String) throws(FormatError) -> String {
        var result = path
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        for _ in 0..<linksMax {
            let count = buffer.withUnsafeMutableBytes { readlink(result, $0.baseAddress!, $0.count) }
            if count < 0 { return result }  // No link, or nothing there.
            let link = String(decoding: buffer[..<count], as: UTF8.self)
            result = link.hasPrefix("/") ? link : directory(of: result) + link
        }
        throw FormatError(.system, "\(path): more than \(linksMax) symbolic links")
    }

    /// With the last slash; empty for a name alone.
    private static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// Gives the file, which must be complete and closed, its name; from then on a power failure does not undo it.
    func finish() throws(FormatError) {
        guard rename(temporaryPath, target) == 0 else {
            let error = FormatError.ofSystem("cannot rename to", target)
            remove()
            throw error
        }
        let directory = Self.directory(of: target)
        let handle = open(directory.isEmpty ? "." : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard handle >= 0 else { return }  // A directory that may be written but not read.
        defer { close(handle) }
        // File systems that cannot sync a directory say EINVAL.
        guard fsync(handle) == 0 || errno == EINVAL else { throw .ofSystem("cannot sync the directory of", target) }
    }

    func remove() { unlink(temporaryPath) }
}

extension FormatError {
    /// What the system call that just failed says.
    static func ofSystem(_ what: String, _ path: String) -> FormatError {
        FormatError(.system, "\(path): \(what): \(String(cString: strerror(errno)))")
    }
}
