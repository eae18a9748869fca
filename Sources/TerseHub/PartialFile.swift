import Crypto
import Foundation
import NIOCore

/// The bytes that have come of a file so far, and their running hash.
struct PartialFile: ~Copyable {
    let path: String
    private let descriptor: Int32
    private(set) var count: Int64
    /// Of the first `count` bytes; nil until they have been read once.
    private var hasher: SHA256?

    init(path: String) throws(HubError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o644)
        guard descriptor >= 0 else {
            throw HubError(.file, "\(path): cannot create: \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw HubError(.file, "\(path): not a regular file")
        }
        self.init(path, descriptor, count: Int64(status.st_size))
    }

    private init(_ path: String, _ descriptor: Int32, count: Int64) {
        self.path = path
        self.descriptor = descriptor
        self.count = count
        hasher = count == 0 ? SHA256() : nil
    }

    deinit { close(descriptor) }

    mutating func restart() throws(HubError) {
        guard ftruncate(descriptor, 0) == 0 else { throw failure("truncate") }
        count = 0
        hasher = SHA256()
    }

    mutating func append(_ buffer: ByteBuffer) throws(HubError) {
        let failed = buffer.withUnsafeReadableBytes { bytes -> Int32 in
            var rest = bytes
            var offset = off_t(count)
            while let start = rest.baseAddress, rest.count > 0 {
                let written = pwrite(descriptor, start, rest.count, offset)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return written == 0 ? EIO : errno }
                offset += off_t(written)
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
            return 0
        }
        guard failed == 0 else { throw failure("write", failed) }
        count += Int64(buffer.readableBytes)
        buffer.withUnsafeReadableBytes { hasher?.update(bufferPointer: $0) }
    }

    /// Hashes what was on disk when the file was opened, unless that is done.
    /// - Parameter progress: is told how many bytes are read; returns whether to go on.
    mutating func hashExisting(_ progress: (Int64) -> Bool) throws(HubError) {
        guard hasher == nil else { return }
        hasher = try FileDigest.hasher(descriptor, path, count: count, progress)
    }

    /// Of all bytes; `hashExisting` must have been called.
    var sha256: String {
        guard let hasher else { preconditionFailure("the bytes on disk have not been hashed") }
        return hasher.hexadecimal
    }

    /// Makes the bytes durable and puts the file in its place, in one step.
    func move(to destination: String) throws(HubError) {
        guard fsync(descriptor) == 0 else { throw failure("sync") }
        guard rename(path, destination) == 0 else { throw failure("rename to \(destination)") }
        let folder = open(URL(filePath: destination).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)  // Some file systems refuse; the name is then as durable as they make it.
        close(folder)
    }

    private func failure(_ action: String, _ code: Int32 = errno) -> HubError {
        let isFull = code == ENOSPC || code == EDQUOT
        return HubError(isFull ? .noSpace : .file, "\(path): cannot \(action): \(String(cString: strerror(code)))")
    }
}
