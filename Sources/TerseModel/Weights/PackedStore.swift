import Foundation
import TerseTensor

/// The directory of packed files, bounded in bytes: what was used longest ago goes first.
struct PackedStore {
    let directory: URL
    /// What all files may take.
    let bytesMax: Int

    /// A new file of a name that no other has, having made room for it. Its writer holds a lock on it while it lives: what
    /// has none was left behind.
    /// - Throws: `ModelError` (`file`).
    func newFile(size: Int) throws(ModelError) -> (path: String, descriptor: Int32) {
        do {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ModelError(.file, "\(directory.path): cannot create: \(error.localizedDescription)")
        }
        try makeRoom(for: size)
        while true {
            let path = directory.appending(path: "\(Self.unfinishedPrefix)\(UInt64.random(in: .min ... .max))").path
            let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw .ofSystem("cannot create", path) }
            // Another process may meet the file before it is locked, and remove it as left behind. Where nothing can be
            // locked none does.
            let isTaken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
            var status = stat()
            if !isTaken, fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (path, descriptor) }
            close(descriptor)
        }
    }

    private func makeRoom(for size: Int) throws(ModelError) {
        guard size <= bytesMax else {
            throw ModelError(.file, "\(directory.path): \(size) bytes are needed, \(bytesMax) allowed")
        }
        var total = size
        for file in files().sorted(by: { $0.used > $1.used }) {
            if file.isUnfinished {
                removeLeftover(file.path)
            } else {
                total += file.size
                if total > bytesMax { unlink(file.path) }
            }
        }
        var status = statvfs()
        guard statvfs(directory.path, &status) == 0 else { throw .ofSystem("cannot look at", directory.path) }
        let free = Int(status.f_bavail) * Int(status.f_frsize)
        guard free - size >= size / Self.spareDivisor else {
            throw ModelError(.file, "\(directory.path): \(size) bytes are needed, \(free) are free")
        }
    }

    private func files() -> [(path: String, isUnfinished: Bool, size: Int, used: Date)] {
        let keys: Set<URLResourceKey> = [.fileSizeKey, .contentModificationDateKey, .isRegularFileKey]
        let found = try? FileManager.default.contentsOfDirectory(
            at: directory, includingPropertiesForKeys: Array(keys))
        return (found ?? []).compactMap { url in
            let name = url.lastPathComponent
            let isUnfinished = name.hasPrefix(Self.unfinishedPrefix)
            guard isUnfinished || name.contains(".\(MatrixLayout.namePrefix)"),
                let values = try? url.resourceValues(forKeys: keys), values.isRegularFile == true,
                let size = values.fileSize, let used = values.contentModificationDate
            else { return nil }
            return (url.path, isUnfinished, size, used)
        }
    }

    private func removeLeftover(_ path: String) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
    }

    private static let unfinishedPrefix = "unfinished-"
    /// A file system keeps free at least a part of what is written.
    private static let spareDivisor = 8
}

extension ModelError {
    /// What the system call that just failed says.
    static func ofSystem(_ what: String, _ path: String) -> ModelError {
        ModelError(.file, "\(path): \(what): \(String(cString: strerror(errno)))")
    }
}
