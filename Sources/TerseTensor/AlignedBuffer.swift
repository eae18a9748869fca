import Foundation

/// Owned memory of a fixed number of elements, aligned to 64 bytes and zeroed.
///
/// Large buffers are anonymous mappings, so pages that nobody touches take no memory.
// Who may touch which elements when is the owner's business, as with any memory that regions share.
public final class AlignedBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
    public let pointer: UnsafeMutablePointer<Element>
    public let count: Int
    private let isMapped: Bool

    /// Bytes from which a buffer is a mapping of its own.
    static var mappingThresholdBytes: Int { 1 << 18 }
    private static var alignmentBytes: Int { 64 }

    /// Zeroed memory for `count` elements.
    /// - Parameter hugePages: whether to ask the system for pages of some megabytes, of which each is taken as a whole when
    ///   it is first touched: readers that jump are up to a quarter faster.
    /// - Throws: `TensorError`: `badShape` when the size is negative or overflows, `system` naming the bytes wanted when
    ///   there is no such memory.
    public init(count: Int, hugePages: Bool = false) throws(TensorError) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard count >= 0, !overflow else {
            throw TensorError(
                .badShape, "a buffer cannot hold \(count) elements of \(MemoryLayout<Element>.stride) bytes")
        }
        isMapped = bytes >= Self.mappingThresholdBytes
        let memory = try isMapped ? Self.map(bytes, hugePages: hugePages) : Self.allocate(bytes)
        pointer = memory.bindMemory(to: Element.self, capacity: count)
        self.count = count
    }

    /// Zeroed memory for a matrix, row after row.
    /// - Throws: As for its number of elements.
    public convenience init(rows: Int, columns: Int) throws(TensorError) {
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow else {
            throw TensorError(.badShape, "a buffer cannot hold \(rows) rows of \(columns) elements")
        }
        try self.init(count: count)
    }

    private static func map(_ bytes: Int, hugePages: Bool) throws(TensorError) -> UnsafeMutableRawPointer {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let mapping = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0), mapping != MAP_FAILED else {
            throw TensorError(.system, "cannot reserve \(bytes) bytes of memory: \(String(cString: strerror(errno)))")
        }
        // Where the system has none to give, the buffer is as good, only slower.
        if hugePages { madvise(mapping, bytes, MADV_HUGEPAGE) }
        return mapping
    }

    private static func allocate(_ bytes: Int) throws(TensorError) -> UnsafeMutableRawPointer {
        let whole = max(bytes + alignmentBytes - 1, alignmentBytes) / alignmentBytes * alignmentBytes
        guard let memory = aligned_alloc(alignmentBytes, whole) else {
            throw TensorError(.system, "cannot reserve \(whole) bytes of memory: \(String(cString: strerror(errno)))")
        }
        return memset(memory, 0, whole)
    }

    deinit {
        if isMapped { munmap(pointer, byteCount) } else { free(pointer) }
    }

    public var byteCount: Int { count * MemoryLayout<Element>.stride }

    /// The elements; valid while this object lives.
    public var buffer: UnsafeMutableBufferPointer<Element> { UnsafeMutableBufferPointer(start: pointer, count: count) }

    /// The memory as bytes; valid while this object lives.
    public var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: pointer, count: byteCount) }

    /// The element at `index`, which must be below `count`.
    public subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count)
            return pointer[index]
        }
        set {
            precondition(index >= 0 && index < count)
            pointer[index] = newValue
        }
    }
}
