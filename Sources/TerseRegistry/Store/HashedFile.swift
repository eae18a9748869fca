import Crypto
import Foundation

/// A regular file, read once from beginning to end and hashed.
struct HashedFile {
    let hash: BlobHash
    let byteCount: Int64
    /// What tells whether it is still the file that was hashed: device, inode, size, and the times of the last change
    /// of its content and of its state, which no user can set.
    let identity: String
    /// Whether any change since reading began shows in `identity`. File systems take the time from a clock that moves
    /// on every few milliseconds: of a file that was changed just before, a second change may have the time of the first.
    let isSettled: Bool

    private static let blockBytes = 1 << 20
    static let settlingSeconds = 0.1

    /// - Parameters:
    ///   - sink: takes each piece as it is read.
    ///   - progress: is told how many bytes have come; false stops.
    /// - Throws: `RegistryError`: `system`, `cancelled`, or what `sink` throws.
    static func read(
        _ path: String, into sink: (UnsafeRawBufferPointer) throws(RegistryError) -> Void = { _ in },
        progress: (Int64) -> Bool = { _ in true }
    ) throws(RegistryError) -> HashedFile {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .ofSystem("cannot open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, let before = identity(status) else {
            throw RegistryError(.system, "\(path): expected a regular file, found a folder, pipe or device")
        }
        let isSettled = isSettled(status)
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        var hasher = SHA256()
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: blockBytes, alignment: 64)
        defer { block.deallocate() }
        var count: Int64 = 0
        while true {
            let length = Foundation.read(descriptor, block.baseAddress, block.count)
            if length < 0, errno == EINTR { continue }
            guard length >= 0 else { throw .ofSystem("cannot read", path) }
            if length == 0 { break }
            let piece = UnsafeRawBufferPointer(rebasing: block[..<length])
            hasher.update(bufferPointer: piece)
            try sink(piece)
            count += Int64(length)
            guard progress(count) else { throw RegistryError(.cancelled, "\(path): stopped") }
        }
        guard identity(descriptor) == before else {
            throw RegistryError(.system, "\(path): it was changed while it was read; try again")
        }
        return HashedFile(hash: BlobHash(hasher.finalize()), byteCount: count, identity: before, isSettled: isSettled)
    }

    /// - Returns: nil when there is no regular file at `path`.
    static func identity(of path: String) -> String? {
        var status = stat()
        return stat(path, &status) == 0 ? identity(status) : nil
    }

    private static func identity(_ descriptor: Int32) -> String? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? identity(status) : nil
    }

    private static func isSettled(_ status: stat) -> Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let seconds = Double(now.tv_sec - status.st_ctim.tv_sec)
        return seconds + Double(now.tv_nsec - status.st_ctim.tv_nsec) * 1e-9 >= settlingSeconds
    }

    private static func identity(_ status: stat) -> String? {
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        let numbers: [Int64] = [
            Int64(bitPattern: UInt64(status.st_dev)), Int64(bitPattern: UInt64(status.st_ino)), Int64(status.st_size),
            Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec), Int64(status.st_ctim.tv_sec),
            Int64(status.st_ctim.tv_nsec),
        ]
        return numbers.map(String.init).joined(separator: " ")
    }
}
