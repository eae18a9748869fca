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

    /// Zeroed memory for `count` elements; traps when the system has none, as Swift's arrays do.
    ///
    /// Where the size comes from outside the program, `allocate(count:)` reports instead.
    public convenience init(count: Int) {
        do {
            try self.init(reporting: count)
        } catch {
            preconditionFailure(error.message)
        }
    }

    /// Zeroed memory for `count` elements.
    /// - Throws: `TensorError`: `badShape` when the size is negative or overflows, `system` when there is no such
    ///   memory.
    public static func allocate(count: Int) throws(TensorError) -> AlignedBuffer {
        try AlignedBuffer(reporting: count)
    }

    private init(reporting count: Int) throws(TensorError) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard count >= 0, !overflow else {
            throw TensorError(
                .badShape, "a buffer cannot hold \(count) elements of \(MemoryLayout<Element>.stride) bytes")
        }
        let memory: UnsafeMutableRawPointer
        isMapped = bytes >= Self.mappingThresholdBytes
        if isMapped {
            let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
            guard let mapping = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0), mapping != MAP_FAILED else {
                throw TensorError(
                    .system, "cannot reserve \(bytes) bytes of memory: \(String(cString: strerror(errno)))")
            }
            memory = mapping
        } else {
            memory = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 64), alignment: 64)
            memset(memory, 0, max(bytes, 64))
        }
        pointer = memory.bindMemory(to: Element.self, capacity: count)
        self.count = count
    }

    deinit {
        if isMapped { munmap(pointer, byteCount) } else { UnsafeMutableRawPointer(pointer).deallocate() }
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
