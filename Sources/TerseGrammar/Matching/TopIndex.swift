/// Which tops the level that is being filled has, so that each is added once.
struct TopIndex: Sendable {
    /// Tops that are compared one by one; more have a table.
    private static let scannedMax = 16

    /// Open addressing, a power of two of slots, at most half full.
    private var slots: [StackSet.Top] = []
    /// The filling in which each slot was last taken, so that nothing need be cleared between fillings.
    private var stamps: [Int] = []
    private var filling = 0

    /// Whether `top` is not among `tops`, the level's tops so far; it is to be added to them then.
    mutating func insert(_ top: StackSet.Top, to tops: ArraySlice<StackSet.Top>) -> Bool {
        guard tops.count > Self.scannedMax else { return !tops.contains(top) }
        if tops.count == Self.scannedMax + 1 || tops.count * 2 >= slots.count { rebuild(tops) }
        return take(top)
    }

    private mutating func rebuild(_ tops: ArraySlice<StackSet.Top>) {
        if tops.count * 2 >= slots.count {
            slots = [StackSet.Top](repeating: .init(state: 0, frame: 0), count: max(slots.count * 2, 128))
            stamps = [Int](repeating: 0, count: slots.count)
            filling = 0
        }
        filling += 1
        for top in tops { _ = take(top) }
    }

    private mutating func take(_ top: StackSet.Top) -> Bool {
        let mask = slots.count - 1
        // Fibonacci hashing: the product's upper half is the better mixed.
        let pair = UInt64(UInt32(bitPattern: top.state)) << 32 | UInt64(UInt32(bitPattern: top.frame))
        var slot = Int((pair &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
        while stamps[slot] == filling {
            if slots[slot] == top { return false }
            slot = (slot + 1) & mask
        }
        (slots[slot], stamps[slot]) = (top, filling)
        return true
    }
}
