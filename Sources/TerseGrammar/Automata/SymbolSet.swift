/// A set of numbers as sorted, disjoint, not adjacent ranges: Unicode scalar values, or bytes and calls of rules.
public struct SymbolSet: Sendable, Hashable {
    public private(set) var ranges: [ClosedRange<UInt32>]

    /// The union of `ranges`, in whatever order they come.
    public init(_ ranges: some Sequence<ClosedRange<UInt32>>) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound || range.lowerBound == last.upperBound + 1 {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        self.ranges = merged
    }

    /// The scalars of a text.
    public init(scalars: String) { self.init(scalars.unicodeScalars.map { $0.value...$0.value }) }

    /// One scalar.
    public init(_ symbol: UInt32) { ranges = [symbol...symbol] }

    public static let none = SymbolSet([])
    /// Every Unicode scalar value: surrogates are none.
    public static let allScalars = SymbolSet([0...0xD7FF, 0xE000...0x10FFFF])

    public var isEmpty: Bool { ranges.isEmpty }

    /// Whether `symbol` is in the set.
    public func contains(_ symbol: UInt32) -> Bool { ranges.contains { $0.contains(symbol) } }

    /// What is in either set.
    public func union(_ other: SymbolSet) -> SymbolSet { SymbolSet(ranges + other.ranges) }

    /// What is in both sets.
    public func intersection(_ other: SymbolSet) -> SymbolSet {
        var result: [ClosedRange<UInt32>] = []
        var left = 0
        var right = 0
        while left < ranges.count, right < other.ranges.count {
            let low = max(ranges[left].lowerBound, other.ranges[right].lowerBound)
            let high = min(ranges[left].upperBound, other.ranges[right].upperBound)
            if low <= high { result.append(low...high) }
            if ranges[left].upperBound < other.ranges[right].upperBound { left += 1 } else { right += 1 }
        }
        return SymbolSet(result)
    }

    /// What is not in this set but in `universe`.
    public func complement(in universe: SymbolSet = .allScalars) -> SymbolSet {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
            next = range.upperBound &+ 1
        }
        if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
        return SymbolSet(gaps).intersection(universe)
    }

    /// What is in this set and not in `other`.
    public func subtracting(_ other: SymbolSet) -> SymbolSet { intersection(other.complement(in: .everything)) }

    private static let everything = SymbolSet([0...0x10FFFF])
}
