/// GPT-2's alphabet: each byte as one printable character. Printable Latin-1 stands for itself, the other 68 bytes
/// are U+0100 and on in order.
public enum ByteAlphabet {
    /// The scalar that stands for each byte.
    static let scalars: [UInt16] = {
        var table = [UInt16](repeating: 0, count: 256)
        var next: UInt16 = 256
        for byte in 0..<256 {
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: table[byte] = UInt16(byte)
            default:
                table[byte] = next
                next += 1
            }
        }
        return table
    }()

    /// The byte of each scalar below U+0144, or -1.
    private static let bytes: [Int16] = {
        var table = [Int16](repeating: -1, count: 0x144)
        for byte in 0..<256 { table[Int(scalars[byte])] = Int16(byte) }
        return table
    }()

    /// Spells bytes in the alphabet, as UTF-8.
    public static func spell(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes {
            let scalar = scalars[Int(byte)]
            if scalar < 0x80 {
                result.append(UInt8(scalar))
            } else {
                result.append(UInt8(0xC0 | scalar >> 6))
                result.append(UInt8(0x80 | scalar & 0x3F))
            }
        }
        return result
    }

    /// Appends the bytes that `spelling` stands for. False, with `bytes` as it was, when it holds anything but
    /// characters of the alphabet.
    static func read(_ spelling: UnsafeBufferPointer<UInt8>, into result: inout [UInt8]) -> Bool {
        let count = result.count
        var index = 0
        while index < spelling.count {
            var scalar = Int(spelling[index])
            index += 1
            if scalar >= 0x80 {
                guard scalar & 0xE0 == 0xC0, index < spelling.count, spelling[index] & 0xC0 == 0x80 else {
                    result.removeSubrange(count...)
                    return false
                }
                scalar = (scalar & 0x1F) << 6 | Int(spelling[index] & 0x3F)
                index += 1
            }
            guard scalar < bytes.count, bytes[scalar] >= 0 else {
                result.removeSubrange(count...)
                return false
            }
            result.append(UInt8(bytes[scalar]))
        }
        return true
    }
}
