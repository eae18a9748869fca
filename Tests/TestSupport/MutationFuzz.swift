/// Seeded damage to files: bytes flipped, numbers replaced by hostile ones, stretches cut, doubled or taken from
/// elsewhere. A reader under test must answer every variant with a value or an error of its own.
public struct MutationFuzz {
    private var random: SplitMix64

    public init(seed: UInt64 = FuzzBudget.seed) {
        random = SplitMix64(seed: seed)
    }

    /// Feeds variants of `originals` to `read`.
    ///
    /// - Parameters:
    ///   - headBytes: damage falls here three times out of four, where a format keeps its lengths.
    ///   - read: reads a variant; what it throws counts as refused.
    public mutating func run(
        _ originals: [[UInt8]], headBytes: Int, variants: Int = 300, read: (_ bytes: [UInt8]) throws -> Void
    ) -> FuzzOutcome {
        var outcome = FuzzOutcome()
        var budget = FuzzBudget(variants: variants)
        while budget.spend() {
            let original = originals[random.next(below: originals.count)]
            let variant = mutate(original, others: originals, headBytes: headBytes)
            outcome.count { try read(variant) }
        }
        return outcome
    }

    /// One to four damages of `bytes`.
    public mutating func mutate(_ bytes: [UInt8], others: [[UInt8]], headBytes: Int) -> [UInt8] {
        var result = bytes
        for _ in 0...random.next(below: 4) {
            guard !result.isEmpty else { break }
            let head = random.next(below: 4) > 0
            let position = random.next(below: head ? min(headBytes, result.count) : result.count)
            switch random.next(below: 8) {
            case 0: result[position] ^= 1 << UInt8(random.next(below: 8))
            case 1: result[position] = UInt8(truncatingIfNeeded: random.next())
            case 2, 3: write(hostileNumber(), bytes: 8, at: position, &result)
            case 4: write(hostileNumber(), bytes: 4, at: position, &result)
            case 5: result.removeLast(random.next(below: result.count))
            case 6:
                let length = min(random.next(below: 64), result.count - position)
                result.removeSubrange(position..<position + length)
            default:
                let other = others[random.next(below: others.count)]
                let start = random.next(below: other.count)
                let piece = other[start..<min(other.count, start + random.next(below: 64))]
                result.insert(contentsOf: piece, at: position)
            }
        }
        return result
    }

    private func write(_ number: UInt64, bytes: Int, at position: Int, _ result: inout [UInt8]) {
        for index in 0..<min(bytes, result.count - position) {
            result[position + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
        }
    }

    private mutating func hostileNumber() -> UInt64 {
        let numbers: [UInt64] = [
            0, 1, 2, 3, 0xFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32, 1 << 40, 1 << 62, 1 << 63,
            .max, .max - 7, UInt64(Int64.max), random.next(), random.next() >> 32, random.next() >> 48,
        ]
        return numbers[random.next(below: numbers.count)]
    }
}
