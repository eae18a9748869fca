/// Byte strings by number and numbers by byte string. Numbers below the vocabulary's size are token ids; behind them
/// come symbols that only merge rules name, which are no tokens.
struct SymbolTable: Sendable {
    private(set) var strings = ByteStrings()
    /// Symbol + 1 in open addressing, 0 where free. The count is a power of two, at most half of it used.
    private var slots: [UInt32]
    private var used = 0
    private let hasher = ByteHash.hasher
    /// The longest string that can be found.
    private(set) var lengthMax = 0

    init(capacity: Int, bytes: Int) {
        strings.reserveCapacity(capacity, bytes: bytes)
        slots = Array(repeating: 0, count: Self.slotCount(for: capacity))
    }

    private static func slotCount(for capacity: Int) -> Int {
        var count = 16
        while count < capacity * 2 { count *= 2 }
        return count
    }

    var count: Int { strings.count }

    /// Appends the next symbol. Where the string is taken or `isFindable` is false it gets its number and cannot be
    /// found by its string.
    @discardableResult
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>, isFindable: Bool = true) -> UInt32 {
        let symbol = UInt32(strings.count)
        strings.append(bytes)
        if isFindable { insert(symbol) }
        return symbol
    }

    /// Makes `symbol`'s string lead to `symbol`, unless it leads elsewhere already.
    private mutating func insert(_ symbol: UInt32) {
        if (used + 1) * 2 > slots.count { grow() }
        let range = strings.range(Int(symbol))
        let isNew = strings.arena.withUnsafeBufferPointer { arena in
            let bytes = UnsafeBufferPointer(rebasing: arena[range])
            let slot = probe(bytes, arena: arena)
            guard slots[slot] == 0 else { return false }
            slots[slot] = symbol + 1
            return true
        }
        guard isNew else { return }
        used += 1
        lengthMax = max(lengthMax, range.count)
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: old.count * 2)
        strings.arena.withUnsafeBufferPointer { arena in
            for entry in old where entry != 0 {
                let bytes = UnsafeBufferPointer(rebasing: arena[strings.range(Int(entry - 1))])
                slots[probe(bytes, arena: arena)] = entry
            }
        }
    }

    /// The slot that holds `bytes` or is free for them.
    @inline(__always)
    private func probe(_ bytes: UnsafeBufferPointer<UInt8>, arena: UnsafeBufferPointer<UInt8>) -> Int {
        let mask = slots.count - 1
        guard let pointer = bytes.baseAddress else { return emptyStringSlot() }
        var slot = Int(truncatingIfNeeded: hasher(pointer, bytes.count)) & mask
        while true {
            let entry = slots[slot]
            if entry == 0 { return slot }
            let range = strings.range(Int(entry - 1))
            if range.count == bytes.count, equal(arena.baseAddress! + range.lowerBound, pointer, bytes.count) {
                return slot
            }
            slot = (slot + 1) & mask
        }
    }

    private func emptyStringSlot() -> Int {
        var slot = 0
        while slots[slot] != 0, strings.length(Int(slots[slot] - 1)) != 0 { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    @inline(__always)
    private func equal(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        for index in 0..<count where left[index] != right[index] { return false }
        return true
    }

    /// The symbol that is spelled by `bytes`.
    @inline(__always)
    func find(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32? {
        guard bytes.count <= lengthMax, bytes.count > 0 else { return nil }
        let entry = strings.arena.withUnsafeBufferPointer { slots[probe(bytes, arena: $0)] }
        return entry == 0 ? nil : entry - 1
    }

    func find(_ bytes: some Collection<UInt8>) -> UInt32? {
        Array(bytes).withUnsafeBufferPointer { find($0) }
    }

    /// The symbol of `bytes`, appended if there was none.
    mutating func intern(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 { find(bytes) ?? append(bytes) }
}
