/// A read-only prefix tree of byte strings with a number at the end of each. The children of a node lie side by side,
/// eleven bytes a node.
struct ByteTrie: Sendable {
    static let root = 0
    private var labels: [UInt8] = [0]
    private var firstChild: [UInt32] = [0]
    private var childCount: [UInt16] = [0]
    private var values: [Int32] = [-1]

    /// The tree of `entries`: indices into `strings`, which are also the values found. Empty strings are left out; of
    /// equal strings the one of lowest index stays.
    init(_ strings: ByteStrings, entries: [Int32]) {
        let sorted = strings.arena.withUnsafeBufferPointer { arena in
            entries.filter { strings.length(Int($0)) > 0 }.sorted { left, right in
                Self.isLess(strings.range(Int(left)), strings.range(Int(right)), arena) ?? (left < right)
            }
        }
        build(strings, sorted)
    }

    var isEmpty: Bool { labels.count == 1 }

    /// Nil when both are equal.
    private static func isLess(
        _ left: Range<Int>, _ right: Range<Int>, _ arena: UnsafeBufferPointer<UInt8>
    ) -> Bool? {
        for offset in 0..<min(left.count, right.count) {
            let (a, b) = (arena[left.lowerBound + offset], arena[right.lowerBound + offset])
            if a != b { return a < b }
        }
        return left.count == right.count ? nil : left.count < right.count
    }

    private mutating func build(_ strings: ByteStrings, _ sorted: [Int32]) {
        // Level by level, so that the children of a node get neighbouring numbers: the entries from `low` to `high`
        // share the first `depth` bytes, which lead to `node`.
        var level = [(node: 0, low: 0, high: sorted.count)]
        var depth = 0
        while !level.isEmpty {
            var nextLevel: [(node: Int, low: Int, high: Int)] = []
            for (node, low, high) in level {
                var index = low
                while index < high, strings.length(Int(sorted[index])) == depth {
                    if values[node] < 0 { values[node] = sorted[index] }
                    index += 1
                }
                firstChild[node] = UInt32(labels.count)
                while index < high {
                    let label = strings.arena[strings.range(Int(sorted[index])).lowerBound + depth]
                    let begin = index
                    while index < high,
                        strings.arena[strings.range(Int(sorted[index])).lowerBound + depth] == label
                    {
                        index += 1
                    }
                    nextLevel.append((labels.count, begin, index))
                    childCount[node] += 1
                    labels.append(label)
                    firstChild.append(0)
                    childCount.append(0)
                    values.append(-1)
                }
            }
            level = nextLevel
            depth += 1
        }
    }

    /// The value at `node`, or -1.
    @inline(__always)
    func value(_ node: Int) -> Int32 { values[node] }

    /// The child of `node` that `byte` leads to.
    @inline(__always)
    func child(_ node: Int, _ byte: UInt8) -> Int? {
        var low = Int(firstChild[node])
        var high = low + Int(childCount[node])
        while high - low > 8 {
            let middle = (low + high) / 2
            if labels[middle] <= byte { low = middle } else { high = middle }
        }
        while low < high {
            if labels[low] == byte { return low }
            low += 1
        }
        return nil
    }

    /// The longest string of the tree that `bytes` begins with from `start` on.
    func longestMatch(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> (value: Int32, end: Int)? {
        var node = Self.root
        var index = start
        var found: (value: Int32, end: Int)?
        while index < bytes.count, let child = child(node, bytes[index]) {
            node = child
            index += 1
            if values[node] >= 0 { found = (values[node], index) }
        }
        return found
    }
}
