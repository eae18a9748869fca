/// The last tokens of a sequence and how often each is among them.
///
/// A value: memory for the window and one counter for each token of the vocabulary, taken once and copied with it.
struct PenaltyWindow {
    private var ring: [Int32]
    private var counts: [Int32]
    private var filled = 0
    private var next = 0

    init(size: Int, vocabularySize: Int) {
        ring = Array(repeating: 0, count: size)
        counts = Array(repeating: 0, count: vocabularySize)
    }

    mutating func append(_ token: Int32) {
        guard !ring.isEmpty, token >= 0, Int(token) < counts.count else { return }
        if filled == ring.count { counts[Int(ring[next])] -= 1 } else { filled += 1 }
        ring[next] = token
        counts[Int(token)] += 1
        next = next + 1 == ring.count ? 0 : next + 1
    }

    /// Calls `body` once for each token of the window with its number of occurrences.
    mutating func forEach(_ body: (_ token: Int, _ occurrences: Int32) -> Void) {
        // A counter is negative while its token has been visited.
        for slot in 0..<filled {
            let token = Int(ring[slot])
            let count = counts[token]
            guard count > 0 else { continue }
            body(token, count)
            counts[token] = -count
        }
        for slot in 0..<filled {
            let token = Int(ring[slot])
            counts[token] = abs(counts[token])
        }
    }
}
