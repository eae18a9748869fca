import Foundation

/// A file that appears under its name only when it is complete: written beside it, synced, then renamed.
///
/// Dropped without `commit`, it leaves nothing behind.
public final class OutputFile {
    let path: String
    private let temporaryPath: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private(set) var byteCount = 0

    private static let bufferBytes = 1 << 20

    /// - Throws: `FormatError` (`system`) when the directory takes no new file, or something other than a file has the
    ///   name: renaming over a device would take it away from everybody.
    public convenience init(path: String) throws(FormatError) {
        var existing = stat()
        guard stat(path, &existing) != 0 || existing.st_mode & S_IFMT == S_IFREG else {
            throw FormatError(.system, "\(path): exists and is no regular file; give the result another name")
        }
        let temporaryPath = "\(path).partial-\(getpid())-\(UInt32.random(in: .min ... .max))"
        let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure("cannot create", temporaryPath) }
        self.init(path: path, temporaryPath: temporaryPath, descriptor: descriptor)
    }

    /// Takes over `descriptor`, open for writing at `temporaryPath`.
    init(path: String, temporaryPath: String, descriptor: Int32) {
        self.path = path
        self.temporaryPath = temporaryPath
        self.descriptor = descriptor
        buffer.reserveCapacity(Self.bufferBytes)
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(temporaryPath)
    }

    /// Appends `bytes`.
    /// - Throws: `FormatError` (`system`) when the disk is full or fails.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
        byteCount += bytes.count
        if buffer.count + bytes.count > Self.bufferBytes { try flush() }
        if bytes.count >= Self.bufferBytes {
            try writeThrough(bytes)
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    /// The same.
    public func write(_ bytes: [UInt8]) throws(FormatError) {
        byteCount += bytes.count
        if buffer.count + bytes.count > Self.bufferBytes { try flush() }
        buffer.append(contentsOf: bytes)
    }

    /// Appends zeros up to the next multiple of `alignment`.
    public func pad(to alignment: Int) throws(FormatError) {
        let excess = byteCount % alignment
        if excess > 0 { try write([UInt8](repeating: 0, count: alignment - excess)) }
    }

    /// Makes the file durable and gives it its name, replacing what was there.
    public func commit() throws(FormatError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw Self.failure("cannot sync", temporaryPath) }
        guard close(descriptor) == 0 else {
            descriptor = -1
            unlink(temporaryPath)
            throw Self.failure("cannot close", temporaryPath)
        }
        descriptor = -1
        guard rename(temporaryPath, path) == 0 else {
            let error = Self.failure("cannot rename to", path)
            unlink(temporaryPath)
            throw error
        }
    }

    private func flush() throws(FormatError) {
        guard !buffer.isEmpty else { return }
        let result = buffer.withUnsafeBytes { bytes in
            Result { () throws(FormatError) in try writeThrough(bytes) }
        }
        try result.get()
        buffer.removeAll(keepingCapacity: true)
    }

    private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
        var rest = bytes
        while let start = rest.baseAddress, rest.count > 0 {
            let written = Foundation.write(descriptor, start, rest.count)
            if written < 0 {
                guard errno == EINTR else { throw Self.failure("cannot write", path) }
            } else {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
            }
        }
    }

    private static func failure(_ what: String, _ path: String) -> FormatError {
        FormatError(.system, "\(path): \(what): \(String(cString: strerror(errno)))")
    }
}
