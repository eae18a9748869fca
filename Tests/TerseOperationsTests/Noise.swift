import Foundation
import TestSupport

/// Uniform and normal numbers, those in pairs (Marsaglia's polar method).
struct Noise {
    private var bits: SplitMix64
    private var spare: Double?

    init(seed: UInt64) { bits = SplitMix64(seed: seed &* 0xd134_2543_de82_ef95) }

    mutating func uniform() -> Double { Double(bits.next() >> 11) * 0x1p-53 }

    mutating func normal() -> Double {
        if let spare {
            self.spare = nil
            return spare
        }
        while true {
            let (x, y) = (2 * uniform() - 1, 2 * uniform() - 1)
            let square = x * x + y * y
            guard square > 0, square < 1 else { continue }
            let factor = (-2 * log(square) / square).squareRoot()
            spare = y * factor
            return x * factor
        }
    }
}
