import Foundation

/// A file that appears under its name only when it is complete: written beside it, synced, then renamed. Dropped
/// without `commit`, it leaves nothing behind.
///
/// A symbolic link stays and what it points to is replaced; a file that is replaced hands down its permissions. A device
/// or pipe is written to as it stands, since renaming over it would take it away from everybody.
public final class OutputFile {
    /// As given by the caller.
    public let path: String
    private let replacement: FileReplacement?
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private(set) var byteCount = 0

    private static let bufferBytes = 1 << 20

    /// - Throws: `FormatError` (`system`) when the directory takes no new file, or the name is a directory's or that of
    ///   a file that may not be written.
    public init(path: String) throws(FormatError) {
        self.path = path
        if Self.isStream(path) {
            replacement = nil
            descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
            guard descriptor >= 0 else { throw .ofSystem("cannot open", path) }
        } else {
            let replacement = try FileReplacement(path: path)
            self.replacement = replacement
            descriptor = replacement.descriptor
        }
        buffer.reserveCapacity(Self.bufferBytes)
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        replacement?.remove()
    }

    /// Whether what has this name takes bytes and is no file on a disk. The names of descriptors (`/dev/stdout`) are
    /// theirs even when a file is behind them.
    private static func isStream(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        let kind = status.st_mode & S_IFMT
        return kind != S_IFREG && kind != S_IFDIR || (kind == S_IFREG && namesDescriptor(path))
    }

    private static func namesDescriptor(_ path: String) -> Bool {
        ["/dev/stdout", "/dev/stderr"].contains(path) || path.hasPrefix("/dev/fd/") || path.hasPrefix("/proc/self/fd/")
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
        if let replacement {
            guard fsync(descriptor) == 0 else { throw .ofSystem("cannot sync", replacement.temporaryPath) }
        }
        let status = close(descriptor)
        descriptor = -1
        guard status == 0 else {
            let error = FormatError.ofSystem("cannot close", path)
            replacement?.remove()
            throw error
        }
        try replacement?.finish()
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
                guard errno == EINTR else { throw .ofSystem("cannot write", path) }
            } else {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
            }
        }
    }
}
