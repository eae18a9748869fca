/// The source of chance: xoshiro256** of Blackman and Vigna (2018), its state drawn from the seed by SplitMix64.
///
/// Fixed for ever, so that a seed gives the same text in every version.
public struct RandomSource: Sendable, RandomNumberGenerator {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    public init(seed: UInt64) {
        var mixer = SplitMix64(state: seed)
        state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    /// One of many sources that have nothing to do with each other, from one seed.
    public init(seed: UInt64, stream: UInt64) {
        var mixer = SplitMix64(state: seed)
        mixer = SplitMix64(state: mixer.next() ^ stream)
        self.init(seed: mixer.next())
    }

    init(state: (UInt64, UInt64, UInt64, UInt64)) { self.state = state }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        let result = Self.rotate(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotate(state.3, 45)
        return result
    }

    /// Uniform in 0..<1, all 53 bits random.
    public mutating func nextUniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Puts `items` into a random order (Fisher and Yates). The standard library's shuffle may change.
    public mutating func shuffle<Item>(_ items: inout [Item]) {
        for last in items.indices.dropFirst().reversed() {
            items.swapAt(last, Int(next().multipliedFullWidth(by: UInt64(last + 1)).high))
        }
    }

    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
}

/// Vigna's SplitMix64: turns any seed into well-mixed numbers.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
