import Foundation

/// Keeps two processes, or two tasks, from downloading one file at once. Freed by the system when a process dies.
struct DownloadLock: ~Copyable {
    private let path: String
    private let descriptor: Int32

    /// - Returns: nil when another holds it.
    static func tryAcquire(_ path: String) throws(HubError) -> DownloadLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o644)
        guard descriptor >= 0 else {
            throw HubError(.file, "\(path): cannot create: \(String(cString: strerror(errno)))")
        }
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            if code == EINTR { continue }
            close(descriptor)
            guard code == EWOULDBLOCK else {
                throw HubError(.file, "\(path): cannot lock: \(String(cString: strerror(code)))")
            }
            return nil
        }
        // The holder removes the file when it is done: a lock on a file that is no longer there protects nothing.
        var held = stat()
        var named = stat()
        guard fstat(descriptor, &held) == 0, stat(path, &named) == 0, held.st_ino == named.st_ino,
            held.st_dev == named.st_dev
        else {
            close(descriptor)
            return nil
        }
        return DownloadLock(path: path, descriptor: descriptor)
    }

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Until then the lock is held.
    consuming func release() {}

    deinit {
        unlink(path)
        close(descriptor)
    }
}
