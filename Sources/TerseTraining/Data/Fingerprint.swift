/// FNV-1a over numbers and strings of bytes: tells apart what is not meant to deceive.
struct Fingerprint {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Takes a string of bytes and its end.
    mutating func take(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { mix(UInt64(byte)) }
        mix(0x100)
    }

    mutating func take(_ number: UInt64) { mix(number) }

    private mutating func mix(_ value: UInt64) { self.value = (self.value ^ value) &* 0x0000_0100_0000_01B3 }

    static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var fingerprint = Fingerprint()
        fingerprint.take(bytes)
        return fingerprint.value
    }
}
