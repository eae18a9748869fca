/// A hash of byte strings for tables that live as long as a tokenizer. Seeded once per process, so that a file cannot
/// be made to collide.
enum ByteHash {
    private static let seed = UInt64.random(in: 1 ... .max)

    struct Hasher {
        let seed: UInt64

        @inline(__always)
        func callAsFunction(_ pointer: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
            var state = seed ^ UInt64(truncatingIfNeeded: count)
            var index = 0
            let raw = UnsafeRawPointer(pointer)
            while index + 8 <= count {
                state = Self.mix(state ^ raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                index += 8
            }
            if index < count {
                var tail: UInt64 = 0
                if count - index >= 4 {
                    tail = UInt64(raw.loadUnaligned(fromByteOffset: index, as: UInt32.self))
                    index += 4
                }
                while index < count {
                    tail = tail << 8 | UInt64(pointer[index])
                    index += 1
                }
                state = Self.mix(state ^ tail)
            }
            return state
        }

        @inline(__always)
        func callAsFunction(_ key: UInt64) -> UInt64 { Self.mix(key ^ seed) }

        @inline(__always)
        private static func mix(_ value: UInt64) -> UInt64 {
            let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            return product.high ^ product.low
        }
    }

    static var hasher: Hasher { Hasher(seed: seed) }
}
