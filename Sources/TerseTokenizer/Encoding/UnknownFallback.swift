/// What stands for text outside the vocabulary: byte tokens where the definition has them, else the unknown token.
struct UnknownFallback: Sendable {
    let unknown: UInt32?
    let fuses: Bool
    /// The byte token of each byte, or -1.
    private let bytes: [Int32]

    init(_ definition: TokenizerDefinition) {
        unknown = definition.special.unknown.map(UInt32.init)
        fuses = definition.fusesUnknown
        bytes = definition.byteFallback ? definition.byteTokens() : Array(repeating: -1, count: 256)
    }

    @inline(__always)
    func hasByte(_ byte: UInt8) -> Bool { bytes[Int(byte)] >= 0 }

    func hasBytes(_ character: UnsafeBufferPointer<UInt8>) -> Bool {
        for byte in character where bytes[Int(byte)] < 0 { return false }
        return true
    }

    @inline(__always)
    func byteToken(_ byte: UInt8) -> UInt32 { UInt32(bitPattern: bytes[Int(byte)]) }
}

extension TokenizerDefinition {
    /// The token of each byte, spelled `<0x0A>`, or -1.
    func byteTokens() -> [Int32] {
        var table = [Int32](repeating: -1, count: 256)
        for id in 0..<tokens.count {
            if let byte = Self.byte(spelled: tokens[id]), table[Int(byte)] < 0 { table[Int(byte)] = Int32(id) }
        }
        return table
    }

    /// The byte that `<0x0A>` spells.
    static func byte(spelled text: ArraySlice<UInt8>) -> UInt8? {
        guard text.count == 6, text.starts(with: "<0x".utf8), text.last == UInt8(ascii: ">") else { return nil }
        var value: UInt8 = 0
        for digit in text.dropFirst(3).prefix(2) {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | (digit - UInt8(ascii: "0"))
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | (digit - UInt8(ascii: "A") + 10)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | (digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }
}
