import TerseTensor

/// The last tokens of a sequence and how often each is among them.
///
/// Memory for the window and one counter for each token of the vocabulary, taken once.
struct PenaltyWindow {
    private let ring: AlignedBuffer<Int32>
    private let counts: AlignedBuffer<Int32>
    private var filled = 0
    private var next = 0

    init(size: Int, vocabularySize: Int) {
        ring = AlignedBuffer(count: size)
        counts = AlignedBuffer(count: vocabularySize)
    }

    mutating func append(_ token: Int32) {
        guard ring.count > 0, token >= 0, Int(token) < counts.count else { return }
        if filled == ring.count { counts.pointer[Int(ring.pointer[next])] -= 1 } else { filled += 1 }
        ring.pointer[next] = token
        counts.pointer[Int(token)] += 1
        next = next + 1 == ring.count ? 0 : next + 1
    }

    mutating func removeAll() {
        for slot in 0..<filled { counts.pointer[Int(ring.pointer[slot])] = 0 }
        filled = 0
        next = 0
    }

    /// Calls `body` once for each token of the window with its number of occurrences.
    func forEach(_ body: (_ token: Int, _ occurrences: Int32) -> Void) {
        // A counter is negative while its token has been visited.
        for slot in 0..<filled {
            let token = Int(ring.pointer[slot])
            let count = counts.pointer[token]
            guard count > 0 else { continue }
            body(token, count)
            counts.pointer[token] = -count
        }
        for slot in 0..<filled {
            let token = Int(ring.pointer[slot])
            counts.pointer[token] = abs(counts.pointer[token])
        }
    }
}
