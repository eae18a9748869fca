/// Merge rules by the pair of symbols they join.
struct MergeTable: Sendable {
    struct Rule {
        var rank: UInt32
        var product: UInt32
    }

    private struct Slot {
        var pair: UInt64
        var rule: Rule
    }

    private static let free = UInt64.max
    private var slots: [Slot]
    private let hasher = ByteHash.hasher
    private let shift: UInt64

    init(capacity: Int) {
        var bits: UInt64 = 4
        while 1 << bits < capacity * 2 { bits += 1 }
        shift = 64 - bits
        slots = Array(
            repeating: Slot(pair: Self.free, rule: Rule(rank: 0, product: 0)), count: 1 << bits)
    }

    @inline(__always)
    private static func pair(_ left: UInt32, _ right: UInt32) -> UInt64 { UInt64(left) << 32 | UInt64(right) }

    /// Adds a rule, unless there is one for the pair already. At most `capacity` rules fit.
    mutating func add(_ left: UInt32, _ right: UInt32, _ rule: Rule) {
        let pair = Self.pair(left, right)
        var slot = Int(hasher(pair) >> shift)
        while slots[slot].pair != Self.free {
            if slots[slot].pair == pair { return }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Slot(pair: pair, rule: rule)
    }

    @inline(__always)
    func rule(_ left: UInt32, _ right: UInt32) -> Rule? {
        let pair = Self.pair(left, right)
        return slots.withUnsafeBufferPointer { slots in
            var slot = Int(hasher(pair) >> shift)
            while true {
                let found = slots[slot].pair
                if found == pair { return slots[slot].rule }
                if found == Self.free { return nil }
                slot = (slot + 1) & (slots.count - 1)
            }
        }
    }
}
