import Crypto
import Foundation

/// SHA-256 of bytes on disk.
enum FileDigest {
    private static let blockBytes = 1 << 20

    /// The hash of a regular file, in hexadecimal digits.
    /// - Parameter progress: is told how many bytes are read; returns whether to go on.
    static func sha256(of path: String, _ progress: (Int64) -> Bool) throws(HubError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw HubError(.file, "\(path): cannot open: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw HubError(.file, "\(path): not a regular file")
        }
        return try hasher(descriptor, path, count: Int64(status.st_size), progress).hexadecimal
    }

    /// A hasher that has taken the first `count` bytes behind `descriptor`, so that more can follow.
    static func hasher(
        _ descriptor: Int32, _ path: String, count: Int64, _ progress: (Int64) -> Bool
    ) throws(HubError) -> SHA256 {
        var hasher = SHA256()
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: blockBytes, alignment: 64)
        defer { block.deallocate() }
        var offset: Int64 = 0
        while offset < count {
            let wanted = Int(min(Int64(block.count), count - offset))
            let length = pread(descriptor, block.baseAddress, wanted, off_t(offset))
            if length < 0, errno == EINTR { continue }
            guard length > 0 else {
                let reason = length == 0 ? "it became shorter" : String(cString: strerror(errno))
                throw HubError(.file, "\(path): cannot read: \(reason)")
            }
            hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: block[..<length]))
            offset += Int64(length)
            guard progress(offset) else { throw HubError(.cancelled, "\(path): cancelled") }
        }
        return hasher
    }
}

extension SHA256 {
    /// The hash of what it has taken so far.
    var hexadecimal: String {
        finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}

extension String {
    var isSHA256: Bool { utf8.count == 64 && utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) } }
}
