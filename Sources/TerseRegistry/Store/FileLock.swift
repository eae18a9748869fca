import Foundation

/// A lock between processes, and between parts of one, freed by the system when its holder dies.
struct FileLock: ~Copyable {
    enum Kind {
        case shared, exclusive

        fileprivate var operation: Int32 { (self == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB }
    }

    private static let pollMicroseconds: UInt32 = 5000

    private let descriptor: Int32

    /// Waits for the file's lock; the file is made when it is not there, and stays.
    /// - Throws: `RegistryError` (`busy`) when others keep it too long.
    static func acquire(_ path: String, _ kind: Kind) throws(RegistryError) -> FileLock {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .ofSystem("cannot open", path) }
        let deadline = ContinuousClock.now + .seconds(RegistryLimits.waitSecondsMax)
        while flock(descriptor, kind.operation) != 0 {
            let code = errno
            guard code == EWOULDBLOCK || code == EINTR else {
                close(descriptor)
                throw .ofSystem("cannot lock", path, code)
            }
            guard ContinuousClock.now < deadline else {
                close(descriptor)
                throw RegistryError(.busy, "\(path): another process kept it locked; try again")
            }
            usleep(pollMicroseconds)
        }
        return FileLock(descriptor: descriptor)
    }

    /// The file's lock alone, without waiting; the file is made when it is not there, and stays.
    /// - Returns: nil when somebody has it.
    /// - Throws: `RegistryError`.
    static func tryAcquire(_ path: String) throws(RegistryError) -> FileLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .ofSystem("cannot open", path) }
        guard flock(descriptor, Kind.exclusive.operation) != 0 else { return FileLock(descriptor: descriptor) }
        let code = errno
        close(descriptor)
        guard code == EWOULDBLOCK || code == EINTR else { throw .ofSystem("cannot lock", path, code) }
        return nil
    }

    /// The lock of a folder that is there.
    /// - Returns: nil when somebody has it, or the folder is gone.
    static func tryFolder(_ path: String) -> FileLock? {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        var held = stat()
        var named = stat()
        // Who had the lock before may have removed the folder, and a lock on what is gone protects nothing.
        guard flock(descriptor, Kind.exclusive.operation) == 0, fstat(descriptor, &held) == 0, stat(path, &named) == 0,
            held.st_ino == named.st_ino, held.st_dev == named.st_dev
        else {
            close(descriptor)
            return nil
        }
        return FileLock(descriptor: descriptor)
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Until then the lock is held.
    consuming func release() {}

    deinit { close(descriptor) }
}
