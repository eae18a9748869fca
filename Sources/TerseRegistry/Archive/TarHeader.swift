/// The header of a file in a tar archive as POSIX.1-1988 has it ("ustar"), and sizes of 8 GiB and more as GNU tar
/// writes them, which other programs read.
struct TarHeader: Equatable {
    let name: String
    let byteCount: Int64

    static let blockBytes = 512

    private static let nameRange = 0..<100
    private static let sizeRange = 124..<136
    private static let checksumRange = 148..<156
    private static let kindOffset = 156
    private static let magicRange = 257..<263
    private static let prefixRange = 345..<500
    private static let magic = Array("ustar".utf8)

    /// Fields are for programs that extract: a file that everybody may read, of nobody, at no time.
    var block: [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockBytes)
        block.replaceSubrange(0..<name.utf8.count, with: name.utf8)
        Self.put(0o644, in: 100..<108, of: &block)
        Self.put(0, in: 108..<116, of: &block)
        Self.put(0, in: 116..<124, of: &block)
        if byteCount < 1 << 33 {
            Self.put(byteCount, in: Self.sizeRange, of: &block)
        } else {
            block[Self.sizeRange.lowerBound] = 0x80
            for index in 0..<8 {
                block[Self.sizeRange.upperBound - 1 - index] = UInt8(truncatingIfNeeded: byteCount >> (8 * index))
            }
        }
        Self.put(0, in: 136..<148, of: &block)
        block[Self.kindOffset] = UInt8(ascii: "0")
        block.replaceSubrange(257..<265, with: Self.magic + [0, UInt8(ascii: "0"), UInt8(ascii: "0")])
        let sum = Self.octal(Int64(Self.sum(block)), digits: 6)
        block.replaceSubrange(Self.checksumRange, with: sum + [0, UInt8(ascii: " ")])
        return block
    }

    init(name: String, byteCount: Int64) {
        precondition(name.utf8.count < Self.nameRange.count && byteCount >= 0)
        self.name = name
        self.byteCount = byteCount
    }

    /// - Parameter place: names the archive and the entry, for messages.
    /// - Throws: `RegistryError` (`invalid`) unless it is the header of a plain file.
    init(_ block: [UInt8], _ place: String) throws(RegistryError) {
        guard block[Self.magicRange].starts(with: Self.magic),
            let sum = Self.number(block[Self.checksumRange]), sum == Self.sum(block)
        else {
            throw RegistryError(.invalid, "\(place): expected the header of a tar entry, found other bytes")
        }
        guard let name = Self.text(block[Self.nameRange]), let prefix = Self.text(block[Self.prefixRange]) else {
            throw RegistryError(.invalid, "\(place): its name is not UTF-8")
        }
        self.name = prefix.isEmpty ? name : "\(prefix)/\(name)"
        let kind = block[Self.kindOffset]
        guard kind == UInt8(ascii: "0") || kind == 0 else {
            throw RegistryError(
                .invalid,
                "\(place): expected a plain file, found \(Self.kindName(kind)) "
                    + "\(self.name.prefix(120).debugDescription)")
        }
        guard let size = Self.size(block[Self.sizeRange]) else {
            throw RegistryError(.invalid, "\(place): its size is no number from 0 to 2^63 - 1")
        }
        byteCount = size
    }

    private static func kindName(_ kind: UInt8) -> String {
        switch kind {
        case UInt8(ascii: "1"), UInt8(ascii: "2"): "a link"
        case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): "a device or pipe"
        case UInt8(ascii: "5"): "a folder"
        default: "an entry of kind \(kind)"
        }
    }

    /// Of all bytes, those of the checksum taken as spaces.
    private static func sum(_ block: [UInt8]) -> Int {
        block.indices.reduce(0) { $0 + (checksumRange.contains($1) ? 0x20 : Int(block[$1])) }
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String? {
        String(validating: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func size(_ field: ArraySlice<UInt8>) -> Int64? {
        guard let first = field.first, first & 0x80 != 0 else { return number(field).map(Int64.init) }
        guard first == 0x80, field.dropFirst().dropLast(8).allSatisfy({ $0 == 0 }) else { return nil }
        let value = field.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int64(exactly: value)
    }

    /// Octal digits, spaces or zeros around them.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        let isPadding = { (byte: UInt8) in byte == 0 || byte == 0x20 }
        let digits = field.drop(while: isPadding).prefix { !isPadding($0) }
        let rest = field[digits.endIndex...]
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x37).contains($0) }), rest.allSatisfy(isPadding) else {
            return nil
        }
        return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
    }

    private static func put(_ value: Int64, in range: Range<Int>, of block: inout [UInt8]) {
        block.replaceSubrange(range, with: octal(value, digits: range.count - 1) + [0])
    }

    private static func octal(_ value: Int64, digits: Int) -> [UInt8] {
        let text = String(value, radix: 8)
        return Array((String(repeating: "0", count: digits - text.utf8.count) + text).utf8)
    }
}
