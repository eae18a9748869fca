import Foundation
import TestSupport

/// Seeded numbers of the kinds that operations take, so that failures repeat.
struct TestNumbers: RandomNumberGenerator {
    private var source: SplitMix64

    init(seed: UInt64) { source = SplitMix64(seed: seed) }

    mutating func next() -> UInt64 { source.next() }

    /// Uniform in [−1, 1).
    mutating func unit() -> Float { Float(Int64(bitPattern: next()) >> 40) / 8_388_608 }

    /// Standard normal.
    mutating func normal() -> Float {
        let u = (Double(next() >> 11) + 1) * 0x1p-53
        let v = Double(next() >> 11) * 0x1p-53
        return Float((-2 * log(u)).squareRoot() * cos(2 * .pi * v))
    }

    mutating func normals(_ count: Int, scale: Float = 1) -> [Float] { (0..<count).map { _ in normal() * scale } }
}
