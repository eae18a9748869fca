import TerseTensor

/// Encodes rows of −1, 0 and 1 without loss, block scales being exactly 1.
enum TernaryEncoder {
    /// The most compact type that holds ternary rows of `columns` exactly: TQ2_0, else I2_S, else Q4_0, else F16. With
    /// the first two activations are rounded token by token, as BitNet was trained.
    static func type(columns: Int) -> ElementType {
        [.tq2_0, .i2S, .q4_0].first { columns % $0.blockElements == 0 } ?? .f16
    }

    private static let one: UInt16 = 0x3C00  // binary16

    /// Writes `trits` as `type` (TQ2_0, TQ1_0, I2_S, Q4_0 or F16), of whose block their number is a multiple, into zeroed
    /// memory.
    static func encode<Trit: Ternary>(
        _ trits: UnsafeBufferPointer<Trit>, as type: ElementType, into memory: UnsafeMutableRawBufferPointer
    ) {
        let elements = type.blockElements
        for block in 0..<trits.count / elements {
            let values = UnsafeBufferPointer(rebasing: trits[block * elements..<(block + 1) * elements])
            let start = block * type.blockBytes
            let target = UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + type.blockBytes])
            switch type {
            case .tq2_0: encodeTQ2(values, target)
            case .tq1_0: encodeTQ1(values, target)
            case .i2S: encodeI2S(values, target)
            case .q4_0: encodeQ4(values, target)
            default:
                let value = Float16(Int8(values[0].code) - 1)
                target.storeBytes(of: value.bitPattern.littleEndian, as: UInt16.self)
            }
        }
    }

    /// Element 128·h + 32·l + m is bits 2l of byte 32·h + m.
    private static func encodeTQ2(_ trits: UnsafeBufferPointer<some Ternary>, _ block: UnsafeMutableRawBufferPointer) {
        for byte in 0..<64 {
            let first = byte / 32 * 128 + byte % 32
            var packed: UInt8 = 0
            for lane in 0..<4 { packed |= trits[first + 32 * lane].code << UInt8(2 * lane) }
            block[byte] = packed
        }
        block.storeBytes(of: one.littleEndian, toByteOffset: 64, as: UInt16.self)
    }

    /// Element 32·g + p is bits 6 − 2g of byte p; the scale is the tensor's.
    private static func encodeI2S(_ trits: UnsafeBufferPointer<some Ternary>, _ block: UnsafeMutableRawBufferPointer) {
        for byte in 0..<32 {
            var packed: UInt8 = 0
            for group in 0..<4 { packed = packed << 2 | trits[32 * group + byte].code }
            block[byte] = packed
        }
    }

    /// Five trits to a byte, most significant first, the number n of 0 to 242 stored as ⌈256·n/243⌉ so that
    /// multiplications by 3 bring the digits out at the top. 32 bytes take elements 32 apart, 16 bytes 16 apart, and
    /// the last 4 bytes hold four trits, 4 apart.
    private static func encodeTQ1(_ trits: UnsafeBufferPointer<some Ternary>, _ block: UnsafeMutableRawBufferPointer) {
        func pack(_ first: Int, stride: Int, digits: Int) -> UInt8 {
            var number = 0
            for digit in 0..<digits { number = number * 3 + Int(trits[first + stride * digit].code) }
            if digits == 4 { number *= 3 }
            return UInt8((number * 256 + 242) / 243)
        }
        for byte in 0..<32 { block[byte] = pack(byte, stride: 32, digits: 5) }
        for byte in 0..<16 { block[32 + byte] = pack(160 + byte, stride: 16, digits: 5) }
        for byte in 0..<4 { block[48 + byte] = pack(240 + byte, stride: 4, digits: 4) }
        block.storeBytes(of: one.littleEndian, toByteOffset: 52, as: UInt16.self)
    }

    /// Nibble = value + 8 (code + 7); elements 0 to 15 in the low halves of the bytes, 16 to 31 in the high ones.
    private static func encodeQ4(_ trits: UnsafeBufferPointer<some Ternary>, _ block: UnsafeMutableRawBufferPointer) {
        block.storeBytes(of: one.littleEndian, as: UInt16.self)
        for byte in 0..<16 {
            block[2 + byte] = (trits[byte].code + 7) | (trits[byte + 16].code + 7) << 4
        }
    }
}

/// A number type that holds −1, 0 and 1.
protocol Ternary {
    /// The value plus one.
    var code: UInt8 { get }
}

extension Int8: Ternary {
    var code: UInt8 { UInt8(bitPattern: self &+ 1) & 3 }
}

extension Float: Ternary {
    var code: UInt8 { self > 0 ? 2 : self < 0 ? 0 : 1 }
}
