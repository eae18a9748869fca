/// Well-formed UTF-8 to be scanned, with the table of classes at hand. The memory belongs to the caller and must
/// outlive the value.
struct UTF8Text {
    let base: UnsafePointer<UInt8>
    let classes: UnsafePointer<ScalarClass>

    init(_ base: UnsafePointer<UInt8>) {
        self.base = base
        classes = ScalarClassTable.shared.classes
    }

    /// The length of the scalar whose first byte is `byte`.
    @inline(__always)
    static func length(first byte: UInt8) -> Int {
        byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
    }

    /// The scalar at `index` and its length.
    @inline(__always)
    func scalar(at index: Int) -> (value: UInt32, length: Int) {
        let first = UInt32(base[index])
        if first < 0x80 { return (first, 1) }
        let second = UInt32(base[index + 1] & 0x3F)
        if first < 0xE0 { return ((first & 0x1F) << 6 | second, 2) }
        let third = UInt32(base[index + 2] & 0x3F)
        if first < 0xF0 { return ((first & 0x0F) << 12 | second << 6 | third, 3) }
        return ((first & 0x07) << 18 | second << 12 | third << 6 | UInt32(base[index + 3] & 0x3F), 4)
    }

    @inline(__always)
    func scalarClass(_ value: UInt32) -> ScalarClass {
        value < UInt32(ScalarClassTable.tableCount)
            ? classes[Int(value)] : ScalarClassTable.classBeyondTable(value)
    }

    /// The class of the scalar at `index` and its length; an empty class of length 0 at or behind `end`.
    @inline(__always)
    func classified(at index: Int, end: Int) -> (kind: ScalarClass, length: Int) {
        guard index < end else { return ([], 0) }
        let first = base[index]
        if first < 0x80 { return (classes[Int(first)], 1) }
        let (value, length) = scalar(at: index)
        return (scalarClass(value), length)
    }

    /// The end of the longest run from `index` of scalars that have any of `kinds`.
    @inline(__always)
    func runEnd(of kinds: ScalarClass, from index: Int, end: Int) -> Int {
        var index = index
        while index < end {
            let (kind, length) = classified(at: index, end: end)
            if !kind.any(kinds) { break }
            index += length
        }
        return index
    }

    /// The end of the longest run from `index` of scalars that have none of `kinds`.
    @inline(__always)
    func runEnd(notOf kinds: ScalarClass, from index: Int, end: Int) -> Int {
        var index = index
        while index < end {
            let (kind, length) = classified(at: index, end: end)
            if kind.any(kinds) { break }
            index += length
        }
        return index
    }
}
