/// Reads little-endian values from a buffer in order; every read is checked against what remains.
struct ByteCursor {
    let buffer: UnsafeRawBufferPointer
    let file: String
    private(set) var offset = 0

    init(_ buffer: UnsafeRawBufferPointer, file: String) {
        self.buffer = buffer
        self.file = file
    }

    var remaining: Int { buffer.count - offset }

    /// Moves over `count` bytes and returns where they lie.
    /// - Throws: `FormatError` (`truncated`) naming `what` when fewer remain.
    mutating func skip(_ count: Int, _ what: @autoclosure () -> String) throws(FormatError) -> Range<Int> {
        guard count >= 0, count <= remaining else {
            throw FormatError(
                .truncated,
                "\(file): \(what()) needs \(count) bytes at offset \(offset), found \(remaining) before the end of the file"
            )
        }
        let range = offset..<offset + count
        offset += count
        return range
    }

    /// The next integer or bit pattern.
    mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
        _: Value.Type, _ what: @autoclosure () -> String
    ) throws(FormatError) -> Value {
        let range = try skip(MemoryLayout<Value>.size, what())
        return Value(littleEndian: buffer.loadUnaligned(fromByteOffset: range.lowerBound, as: Value.self))
    }

    /// A count or length of 64 bits, of which each item is backed by at least `itemBytesMin` of the bytes that remain.
    ///
    /// A count that passes is at most the file's size, so that reserving for it is safe.
    mutating func readCount(
        max limit: Int, itemBytesMin: Int, _ what: @autoclosure () -> String
    ) throws(FormatError) -> Int {
        let raw = try read(UInt64.self, what())
        guard raw <= UInt64(limit) else {
            throw FormatError(.limitExceeded, "\(file): \(what()) is \(raw), the limit is \(limit)")
        }
        let count = Int(raw)
        guard count <= remaining / itemBytesMin else {
            throw FormatError(
                .truncated,
                "\(file): \(what()) is \(count), but the \(remaining) bytes that remain hold at most \(remaining / itemBytesMin)"
            )
        }
        return count
    }

    /// A string with its 64-bit length before it.
    mutating func readString(max limit: Int, _ what: @autoclosure () -> String) throws(FormatError) -> String {
        let count = try readCount(max: limit, itemBytesMin: 1, "the length of \(what())")
        let range = try skip(count, what())
        return String(decoding: UnsafeRawBufferPointer(rebasing: buffer[range]), as: UTF8.self)
    }

    /// Moves over `count` strings with their 64-bit lengths before them: a tight loop, as vocabularies have hundreds of
    /// thousands.
    mutating func skipStrings(
        _ count: Int, lengthMax: Int, _ what: @autoclosure () -> String
    ) throws(FormatError) {
        var position = offset
        for index in 0..<count {
            let remaining = buffer.count - position
            guard remaining >= 8 else {
                throw FormatError(
                    .truncated, "\(file): \(what()): \(count) strings, the file ends after \(index)")
            }
            let length = UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            guard length <= UInt64(lengthMax), Int(length) <= remaining - 8 else {
                throw FormatError(
                    .truncated,
                    "\(file): \(what()): string \(index) has \(length) bytes, found \(remaining - 8) before the end of the file"
                )
            }
            position += 8 + Int(length)
        }
        offset = position
    }
}
