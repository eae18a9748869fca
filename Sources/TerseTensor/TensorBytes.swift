/// Bytes that a tensor reads: a region of a mapped file or of owned, aligned memory, kept alive by this object.
///
/// Immutable once a `Tensor` is made of it.
public final class TensorBytes: @unchecked Sendable {  // Read-only after initialisation; `owner` is only retained.
    public let pointer: UnsafeRawPointer
    public let count: Int
    private let owner: AnyObject?
    private let deallocates: Bool

    /// A view of `count` bytes at `pointer`, which stay valid while `owner` lives.
    public init(pointer: UnsafeRawPointer, count: Int, owner: AnyObject) {
        self.pointer = pointer
        self.count = count
        self.owner = owner
        deallocates = false
    }

    /// Owned memory of `count` bytes, 64-byte aligned, zeroed before `body` fills it.
    public init(count: Int, initializedBy body: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        precondition(count >= 0)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        do {
            try body(UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
        } catch {
            memory.deallocate()
            throw error
        }
        pointer = UnsafeRawPointer(memory.baseAddress!)
        self.count = count
        owner = nil
        deallocates = true
    }

    /// The mapped file that they are a region of, if they are.
    public var file: MappedFile? { owner as? MappedFile }

    deinit {
        if deallocates { UnsafeMutableRawPointer(mutating: pointer).deallocate() }
    }

    public var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: pointer, count: count) }
}
