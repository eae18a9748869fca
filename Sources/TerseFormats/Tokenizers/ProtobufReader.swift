/// Reads the fields of a protocol buffer message in order, each checked against what remains.
struct ProtobufReader {
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes(UnsafeRawBufferPointer)
        case fixed32(UInt32)
    }

    private let bytes: UnsafeRawBufferPointer
    private let file: String
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        self.file = file
    }

    /// The next field; nil at the end.
    /// - Throws: `FormatError` (`truncated`, `invalid`) naming the place in the message.
    mutating func next() throws(FormatError) -> (number: Int, value: Value)? {
        guard offset < bytes.count else { return nil }
        let start = offset
        let tag = try varint()
        let number = Int(truncatingIfNeeded: tag >> 3)
        guard tag >> 3 > 0, tag >> 3 < 1 << 29 else {
            throw FormatError(.invalid, "\(file): field number \(tag >> 3) at offset \(start) of a message")
        }
        switch tag & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, .fixed64(UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self))))
        case 2:
            let count = try varint()
            guard count <= UInt64(bytes.count - offset) else { throw truncated(count) }
            return (number, .bytes(try take(Int(count))))
        case 5: return (number, .fixed32(UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self))))
        default: throw FormatError(.invalid, "\(file): wire type \(tag & 7) of field \(number) at offset \(start)")
        }
    }

    private mutating func take(_ count: Int) throws(FormatError) -> UnsafeRawBufferPointer {
        guard count <= bytes.count - offset else { throw truncated(UInt64(count)) }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    private func truncated(_ count: UInt64) -> FormatError {
        FormatError(
            .truncated,
            "\(file): a field needs \(count) bytes at offset \(offset) of a message, \(bytes.count - offset) remain")
    }

    private mutating func varint() throws(FormatError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = UInt64(try take(1)[0])
            if shift < 64 { value |= (byte & 0x7F) << shift }
            if byte < 0x80 { return value }
        }
        throw FormatError(.invalid, "\(file): an integer of more than ten bytes before offset \(offset)")
    }
}
