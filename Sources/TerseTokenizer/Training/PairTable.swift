/// The pieces of a text as sequences of tokens, with the count of every pair of neighbours and where it stands, kept
/// true while pairs are joined.
struct PairTable {
    struct Pair: Hashable {
        var left: UInt32
        var right: UInt32

        fileprivate var key: UInt64 { UInt64(left) << 32 | UInt64(right) }
    }

    /// Tokens of all pieces, one piece after the other; what is joined moves together at the front of its piece.
    private var tokens: [UInt32] = []
    private var starts: [Int] = []
    private var lengths: [Int32] = []
    private let weights: [Int]

    private var index: [UInt64: Int] = [:]
    /// By `index`: occurrences of a pair, each piece counting as often as it occurs in the text.
    private var counts: [Int] = []
    /// By `index`: pieces that have or once had the pair.
    private var places: [[UInt32]] = []
    /// Candidates, some with counts of the past.
    private var heap = CandidateHeap()

    /// - Parameter byteIDs: The token of each byte.
    init(_ pieces: PieceCounts, byteIDs: [UInt32]) {
        weights = pieces.counts
        let strings = pieces.pieces.strings
        tokens.reserveCapacity(strings.byteCount)
        starts.reserveCapacity(strings.count)
        lengths.reserveCapacity(strings.count)
        for piece in 0..<strings.count {
            let range = strings.range(piece)
            starts.append(range.lowerBound)
            lengths.append(Int32(range.count))
            for byte in strings[piece] { tokens.append(byteIDs[Int(byte)]) }
            for place in range.dropLast() {
                change(Pair(left: tokens[place], right: tokens[place + 1]), in: piece, by: weights[piece])
            }
        }
        for (key, slot) in index { heap.push(CandidateHeap.Candidate(count: counts[slot], key: key)) }
    }

    /// Takes out the pair with the highest count that is at least `countMin`; of several the lowest.
    mutating func popMostFrequent(countMin: Int) -> Pair? {
        while let top = heap.pop() {
            guard let slot = index[top.key] else { continue }
            let count = counts[slot]
            if count < max(countMin, 1) { continue }
            if count == top.count {
                return Pair(left: UInt32(top.key >> 32), right: UInt32(truncatingIfNeeded: top.key))
            }
            heap.push(CandidateHeap.Candidate(count: count, key: top.key))
        }
        return nil
    }

    /// Puts `token` in place of the pair everywhere, from left to right.
    mutating func join(_ pair: Pair, into token: UInt32) {
        guard let slot = index[pair.key] else { return }
        let pieces = places[slot]
        places[slot] = []
        var touched: Set<UInt64> = []
        var last: UInt32?
        for piece in pieces where piece != last {
            last = piece
            join(pair, into: token, in: Int(piece), &touched)
        }
        for key in touched {
            guard let slot = index[key], counts[slot] > 0 else { continue }
            heap.push(CandidateHeap.Candidate(count: counts[slot], key: key))
        }
    }

    private mutating func join(_ pair: Pair, into token: UInt32, in piece: Int, _ touched: inout Set<UInt64>) {
        let (start, length, weight) = (starts[piece], Int(lengths[piece]), weights[piece])
        var (read, write) = (start, start)
        let end = start + length
        while read < end {
            guard read + 1 < end, tokens[read] == pair.left, tokens[read + 1] == pair.right else {
                tokens[write] = tokens[read]
                (read, write) = (read + 1, write + 1)
                continue
            }
            change(pair, in: piece, by: -weight)
            if write > start {
                let before = tokens[write - 1]
                change(Pair(left: before, right: pair.left), in: piece, by: -weight)
                touched.insert(change(Pair(left: before, right: token), in: piece, by: weight))
            }
            if read + 2 < end {
                let after = tokens[read + 2]
                change(Pair(left: pair.right, right: after), in: piece, by: -weight)
                touched.insert(change(Pair(left: token, right: after), in: piece, by: weight))
            }
            tokens[write] = token
            (read, write) = (read + 2, write + 1)
        }
        lengths[piece] = Int32(write - start)
    }

    @discardableResult
    private mutating func change(_ pair: Pair, in piece: Int, by weight: Int) -> UInt64 {
        let key = pair.key
        let slot: Int
        if let known = index[key] {
            slot = known
        } else {
            slot = counts.count
            index[key] = slot
            counts.append(0)
            places.append([])
        }
        counts[slot] += weight
        if weight > 0, places[slot].last != UInt32(piece) { places[slot].append(UInt32(piece)) }
        return key
    }
}

/// A binary heap of pairs: the highest count on top, of equal ones the lowest pair.
struct CandidateHeap {
    struct Candidate: Comparable {
        var count: Int
        var key: UInt64

        static func < (a: Candidate, b: Candidate) -> Bool { a.count != b.count ? a.count > b.count : a.key < b.key }
    }

    private var items: [Candidate] = []

    mutating func push(_ candidate: Candidate) {
        items.append(candidate)
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if !(candidate < items[parent]) { break }
            items[child] = items[parent]
            child = parent
        }
        items[child] = candidate
    }

    mutating func pop() -> Candidate? {
        guard let last = items.popLast() else { return nil }
        guard let top = items.first else { return last }
        var parent = 0
        while true {
            var child = parent * 2 + 1
            if child >= items.count { break }
            if child + 1 < items.count, items[child + 1] < items[child] { child += 1 }
            if !(items[child] < last) { break }
            items[parent] = items[child]
            parent = child
        }
        items[parent] = last
        return top
    }
}
