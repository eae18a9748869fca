/// A list of byte strings held in one arena, so that a vocabulary of a hundred thousand tokens is two allocations.
public struct ByteStrings: Sendable, Equatable {
    /// All strings, one after the other.
    var arena: [UInt8] = []
    /// Where each string ends in `arena`.
    var ends: [Int] = []

    public init() {}

    /// The UTF-8 of `strings`.
    public init(_ strings: some Sequence<String>) {
        for string in strings { append(string.utf8) }
    }

    public var count: Int { ends.count }
    public var isEmpty: Bool { ends.isEmpty }
    /// Bytes of all strings together.
    public var byteCount: Int { arena.count }

    /// Room for `count` strings of `bytes` bytes together.
    public mutating func reserveCapacity(_ count: Int, bytes: Int) {
        ends.reserveCapacity(count)
        arena.reserveCapacity(bytes)
    }

    /// Appends a string.
    public mutating func append(_ bytes: some Sequence<UInt8>) {
        arena.append(contentsOf: bytes)
        ends.append(arena.count)
    }

    /// The same for bytes in memory, which other modules' calls would otherwise copy one by one.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        arena.append(contentsOf: bytes)
        ends.append(arena.count)
    }

    /// The same for the UTF-8 of a text.
    public mutating func append(_ text: Substring) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// The bytes of string `index`.
    public subscript(index: Int) -> ArraySlice<UInt8> { arena[range(index)] }

    /// String `index` as text; ill-formed UTF-8 becomes U+FFFD.
    public func text(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }

    func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    func length(_ index: Int) -> Int { range(index).count }

    /// Replaces string `index`. Moves everything behind it: for the rare correction, not for building.
    public mutating func replace(_ index: Int, with bytes: some Collection<UInt8>) {
        let old = range(index)
        arena.replaceSubrange(old, with: bytes)
        let shift = bytes.count - old.count
        for i in index..<ends.count { ends[i] += shift }
    }
}
