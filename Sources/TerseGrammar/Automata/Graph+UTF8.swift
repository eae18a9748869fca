extension Graph {
    /// The bytes that write digits `low` to `high` of a number, which may be its first digit.
    typealias DigitBytes = (_ isFirst: Bool, _ low: UInt32, _ high: UInt32) -> [ClosedRange<UInt32>]

    /// Adds edges that read one scalar of `set` as UTF-8 (RFC 3629).
    mutating func characters(_ from: Int32, _ set: SymbolSet, _ to: Int32, _ meter: WorkMeter) throws(GrammarError) {
        for range in set.intersection(.allScalars).ranges {
            try meter.check(states: stateCount)
            try meter.spend(4)
            for (low, high, length, lead) in Self.spans where range.overlaps(low...high) {
                let part = max(range.lowerBound, low)...min(range.upperBound, high)
                digits(from, part, to, count: length, bits: 6) { isFirst, low, high in
                    let base = isFirst ? lead : 0x80
                    return [(base + low)...(base + high)]
                }
            }
        }
    }

    /// The scalars that take one, two, three and four bytes, and what their first byte begins with.
    private static let spans: [(low: UInt32, high: UInt32, length: Int, lead: UInt32)] = [
        (0, 0x7F, 1, 0), (0x80, 0x7FF, 2, 0xC0), (0x800, 0xFFFF, 3, 0xE0), (0x10000, 0x10FFFF, 4, 0xF0),
    ]

    /// Adds edges that read a number of `range` as `count` digits of `bits` bits each.
    mutating func digits(
        _ from: Int32, _ range: ClosedRange<UInt32>, _ to: Int32, count: Int, bits: UInt32, isFirst: Bool = true,
        _ bytes: DigitBytes
    ) {
        let shift = bits * UInt32(count - 1)
        let mask = (UInt32(1) << shift) - 1
        let low = range.lowerBound >> shift
        let high = range.upperBound >> shift
        guard count > 1 else {
            for part in bytes(isFirst, low, high) { edge(from, part, to) }
            return
        }
        if low == high {
            let rest = (range.lowerBound & mask)...(range.upperBound & mask)
            return digit(from, low, high, rest, to, count: count, bits: bits, isFirst: isFirst, bytes)
        }
        // The first and the last leading digit may go with a part of what follows; those between go with all.
        var first = low
        var last = Int64(high)
        if range.lowerBound & mask != 0 {
            let rest = (range.lowerBound & mask)...mask
            digit(from, low, low, rest, to, count: count, bits: bits, isFirst: isFirst, bytes)
            first += 1
        }
        if range.upperBound & mask != mask {
            digit(
                from, high, high, 0...(range.upperBound & mask), to, count: count, bits: bits, isFirst: isFirst, bytes)
            last -= 1
        }
        guard Int64(first) <= last else { return }
        digit(from, first, UInt32(last), 0...mask, to, count: count, bits: bits, isFirst: isFirst, bytes)
    }

    /// Adds a leading digit from `low` to `high` and what may follow it.
    private mutating func digit(
        _ from: Int32, _ low: UInt32, _ high: UInt32, _ rest: ClosedRange<UInt32>, _ to: Int32, count: Int,
        bits: UInt32, isFirst: Bool, _ bytes: DigitBytes
    ) {
        let next = addState()
        for part in bytes(isFirst, low, high) { edge(from, part, next) }
        digits(next, rest, to, count: count - 1, bits: bits, isFirst: false, bytes)
    }
}
