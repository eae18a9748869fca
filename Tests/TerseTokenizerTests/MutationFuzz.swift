import Foundation
import Testing

/// Seeded damage to files: bytes flipped, numbers replaced by hostile ones, stretches cut, doubled or taken from
/// elsewhere. A reader under test must answer every variant with a value or an error of its own.
///
/// `TERSE_FUZZ_SECONDS` sets how long each target runs (default 1), `TERSE_FUZZ_SEED` where it starts.
struct MutationFuzz {
    /// What readers did with the variants.
    struct Outcome {
        var accepted = 0
        var refused = 0

        /// Fails when no damage was noticed, or none went unnoticed where some must: then it tested nothing. Long runs
        /// say what they did.
        func check(_ what: String, acceptsSome: Bool = true) {
            let plausible = refused > 0 && (accepted > 0 || !acceptsSome)
            #expect(plausible, "\(what): \(refused) refused, \(accepted) accepted")
            if MutationFuzz.seconds > 1 { print("\(what): \(refused) refused, \(accepted) accepted") }
        }
    }

    static var seconds: Double {
        ProcessInfo.processInfo.environment["TERSE_FUZZ_SECONDS"].flatMap(Double.init) ?? 1
    }

    static var seed: UInt64 {
        ProcessInfo.processInfo.environment["TERSE_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
    }

    private var random: SplitMix64

    init(seed: UInt64 = Self.seed) {
        random = SplitMix64(state: seed)
    }

    /// Feeds variants of `originals` to `read` until the time is over.
    ///
    /// - Parameters:
    ///   - headBytes: damage falls here three times out of four, where a format keeps its lengths.
    ///   - read: reads a variant; what it throws counts as refused.
    mutating func run(
        _ originals: [[UInt8]], headBytes: Int, read: (_ bytes: [UInt8]) throws -> Void
    ) -> Outcome {
        var outcome = Outcome()
        let end = Date().addingTimeInterval(Self.seconds)
        repeat {
            let original = originals[Int(random.next() % UInt64(originals.count))]
            let variant = mutate(original, others: originals, headBytes: headBytes)
            do {
                try read(variant)
                outcome.accepted += 1
            } catch {
                outcome.refused += 1
            }
        } while Date() < end
        return outcome
    }

    /// One to four damages of `bytes`.
    mutating func mutate(_ bytes: [UInt8], others: [[UInt8]], headBytes: Int) -> [UInt8] {
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

/// Sebastiano Vigna's SplitMix64.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number from 0 to `bound` − 1, or 0.
    mutating func next(below bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }
}
