import Crypto
import Foundation

/// A file being written in a staging folder, and its running hash.
final class StagedFile {
    let path: String
    private var descriptor: Int32
    private var hasher = SHA256()
    private(set) var byteCount: Int64 = 0

    init(path: String) throws(RegistryError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .ofSystem("cannot create", path) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func write(_ bytes: UnsafeRawBufferPointer) throws(RegistryError) {
        var rest = bytes
        while let start = rest.baseAddress, rest.count > 0 {
            let written = Foundation.write(descriptor, start, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .ofSystem("cannot write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
        hasher.update(bufferPointer: bytes)
        byteCount += Int64(bytes.count)
    }

    /// Makes the file durable.
    /// - Returns: its hash.
    @discardableResult
    func finish() throws(RegistryError) -> BlobHash {
        guard fsync(descriptor) == 0 else { throw .ofSystem("cannot sync", path) }
        let status = close(descriptor)
        descriptor = -1
        guard status == 0 else { throw .ofSystem("cannot close", path) }
        return BlobHash(hasher.finalize())
    }
}
