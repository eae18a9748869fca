import Foundation

/// A file mapped read-only into memory.
public final class MappedFile: @unchecked Sendable {  // The mapping is never written and unmapped only in deinit.
    public let path: String
    public let pointer: UnsafeRawPointer
    public let count: Int
    /// Which file it is and when it was changed last: device, inode, bytes, and the times of the last change of its content and
    /// of its state, which no user can set. Files of equal
    /// ones are taken to be the same.
    public let identity: [UInt64]

    /// - Parameter hugePages: whether to ask the system to read the file in pages of some megabytes, where its file system can:
    ///   readers of all of it are up to a half faster, those of a few bytes wait for megabytes.
    /// - Throws: `TensorError` (`system`) naming the path when the file cannot be opened, is no regular file, or cannot
    ///   be mapped.
    public init(path: String, hugePages: Bool = false) throws(TensorError) {
        // Of a pipe that nobody writes to, a blocking open would wait for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw TensorError(.system, "\(path): cannot open: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a pipe or device"
            throw TensorError(.system, "\(path): expected a regular file, which can be mapped; found \(kind)")
        }
        let size = Int(status.st_size)
        self.path = path
        count = size
        identity = [
            UInt64(status.st_dev), UInt64(status.st_ino), UInt64(size),
            UInt64(bitPattern: Int64(status.st_mtim.tv_sec)), UInt64(bitPattern: Int64(status.st_mtim.tv_nsec)),
            UInt64(bitPattern: Int64(status.st_ctim.tv_sec)), UInt64(bitPattern: Int64(status.st_ctim.tv_nsec)),
        ]
        guard size > 0 else {  // mmap refuses empty files.
            pointer = UnsafeRawPointer(UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))
            return
        }
        guard let mapping = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), mapping != MAP_FAILED else {
            throw TensorError(.system, "\(path): cannot map \(size) bytes: \(String(cString: strerror(errno)))")
        }
        if hugePages { madvise(mapping, size, MADV_HUGEPAGE) }
        pointer = UnsafeRawPointer(mapping)
    }

    deinit {
        let mutable = UnsafeMutableRawPointer(mutating: pointer)
        if count > 0 { munmap(mutable, count) } else { mutable.deallocate() }
    }

    public var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: pointer, count: count) }

    /// The bytes of `range`, which must lie within the file, as storage for a tensor.
    public func bytes(_ range: Range<Int>) -> TensorBytes {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return TensorBytes(pointer: pointer + range.lowerBound, count: range.count, owner: self)
    }

    /// Has the system map nothing of the file, until it is read again.
    public func releasePages() {
        if count > 0 { madvise(UnsafeMutableRawPointer(mutating: pointer), count, MADV_DONTNEED) }
    }

    /// Has the system read little more of `range` than is asked for: huge pages would bring two megabytes with every byte.
    public func expectRareReads(of range: Range<Int>) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let (begin, end) = (range.lowerBound.roundedUp(to: page), range.upperBound / page * page)
        guard begin < end else { return }
        madvise(UnsafeMutableRawPointer(mutating: pointer + begin), end - begin, MADV_NOHUGEPAGE)
    }
}
