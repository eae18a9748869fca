/// Joins neighbouring symbols in the order of a priority, leftmost first among equals, until no rule applies:
/// O(n log n) with a binary heap over a linked list. One instance serves many words; its memory grows to the longest.
struct MergeQueue {
    /// A join that may be outdated by the time it is reached.
    private struct Candidate {
        /// Priority in the upper half, position of the left symbol in the lower: smaller goes first.
        var key: UInt64
        var right: UInt32
        var product: UInt32
        /// Bytes of both symbols together: differs when either has been joined in the meantime.
        var length: UInt32
    }

    struct Symbol {
        var id: UInt32
        /// Where its bytes begin.
        var start: UInt32
        /// Bytes, 0 when it was joined to its left neighbour.
        var length: UInt32
        var previous: Int32
        var next: Int32
    }

    private(set) var symbols: [Symbol] = []
    private var heap: [Candidate] = []

    mutating func removeAll() {
        symbols.removeAll(keepingCapacity: true)
        heap.removeAll(keepingCapacity: true)
    }

    mutating func append(id: UInt32, start: Int, length: Int) {
        let index = Int32(symbols.count)
        symbols.append(
            Symbol(id: id, start: UInt32(start), length: UInt32(length), previous: index - 1, next: index + 1))
    }

    /// Joins what can be joined. `rule` gives the priority (smaller first) and the product of two neighbours.
    mutating func merge(_ rule: (_ left: Symbol, _ right: Symbol) -> MergeTable.Rule?) {
        guard symbols.count > 1 else {
            if symbols.count == 1 { symbols[0].next = -1 }
            return
        }
        symbols[symbols.count - 1].next = -1
        for right in 1..<symbols.count { push(right - 1, right, rule) }
        while let top = pop() {
            let left = Int(top.key & 0xFFFF_FFFF)
            let right = Int(top.right)
            guard symbols[left].length > 0, symbols[right].length > 0,
                symbols[left].length + symbols[right].length == top.length
            else { continue }
            symbols[left].id = top.product
            symbols[left].length = top.length
            symbols[right].length = 0
            let next = symbols[right].next
            symbols[left].next = next
            if next >= 0 {
                symbols[Int(next)].previous = Int32(left)
                push(left, Int(next), rule)
            }
            if symbols[left].previous >= 0 { push(Int(symbols[left].previous), left, rule) }
        }
    }

    @inline(__always)
    private mutating func push(_ left: Int, _ right: Int, _ rule: (Symbol, Symbol) -> MergeTable.Rule?) {
        guard let found = rule(symbols[left], symbols[right]) else { return }
        let candidate = Candidate(
            key: UInt64(found.rank) << 32 | UInt64(left), right: UInt32(right), product: found.product,
            length: symbols[left].length + symbols[right].length)
        heap.append(candidate)
        heap.withUnsafeMutableBufferPointer { heap in
            var child = heap.count - 1
            while child > 0 {
                let parent = (child - 1) / 2
                if heap[parent].key <= candidate.key { break }
                heap[child] = heap[parent]
                child = parent
            }
            heap[child] = candidate
        }
    }

    @inline(__always)
    private mutating func pop() -> Candidate? {
        guard let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return last }
        return heap.withUnsafeMutableBufferPointer { heap in
            let top = heap[0]
            var parent = 0
            while true {
                var child = parent * 2 + 1
                if child >= heap.count { break }
                if child + 1 < heap.count, heap[child + 1].key < heap[child].key { child += 1 }
                if heap[child].key >= last.key { break }
                heap[parent] = heap[child]
                parent = child
            }
            heap[parent] = last
            return top
        }
    }
}
