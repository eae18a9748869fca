import TerseTensor

/// The tokens still in the running, and partial selections among them. Memory for a whole vocabulary, taken once;
/// pages that no step touches take none.
///
/// Nothing here sorts a vocabulary: the k greatest come from a heap, and a prefix of the sorted order up to some
/// probability from weighted quickselect, both linear in practice. Equal keys are ordered by token, so every result is
/// unique.
public final class CandidateSet {
    private(set) var count = 0
    private let tokens: AlignedBuffer<Int32>
    private let logits: AlignedBuffer<Float>
    private let probabilities: AlignedBuffer<Float>
    /// What `prefix` orders by, least first.
    private let keys: AlignedBuffer<Float>

    public let vocabularySize: Int

    /// - Throws: `ModelError` (`outOfMemory`) when there is no memory for so many.
    public init(vocabularySize: Int) throws(ModelError) {
        self.vocabularySize = vocabularySize
        (tokens, logits, probabilities, keys) = try ModelError.reserving("choice among \(vocabularySize) tokens") {
            () throws(TensorError) in
            (
                try AlignedBuffer(count: vocabularySize), try AlignedBuffer(count: vocabularySize),
                try AlignedBuffer(count: vocabularySize), try AlignedBuffer(count: vocabularySize)
            )
        }
    }

    /// Bytes that a set of `vocabularySize` tokens reserves.
    static func byteCount(vocabularySize: Int) -> Int {
        vocabularySize * (MemoryLayout<Int32>.stride + 3 * MemoryLayout<Float>.stride)
    }

    /// Bytes reserved.
    var byteCount: Int { tokens.byteCount + logits.byteCount + probabilities.byteCount + keys.byteCount }

    func token(at index: Int) -> Int32 { tokens.pointer[index] }
    func logit(at index: Int) -> Float { logits.pointer[index] }
    func probability(at index: Int) -> Float { probabilities.pointer[index] }

    /// Takes every token.
    func fill(_ source: UnsafeBufferPointer<Float>) {
        count = min(source.count, vocabularySize)
        for index in 0..<count { tokens.pointer[index] = Int32(truncatingIfNeeded: index) }
        logits.pointer.update(from: source.baseAddress!, count: count)
    }

    /// Takes the `limit` tokens of the greatest logits, of equal ones the first; where there are more, in order.
    func fill(_ source: UnsafeBufferPointer<Float>, greatest limit: Int) {
        guard limit < min(source.count, vocabularySize) else { return fill(source) }
        count = 0
        for index in 0..<source.count {
            let logit = source[index]
            if count < limit {
                tokens.pointer[count] = Int32(truncatingIfNeeded: index)
                logits.pointer[count] = logit
                count += 1
                siftUp(count - 1)
            } else if logit > logits.pointer[0] {
                tokens.pointer[0] = Int32(truncatingIfNeeded: index)
                logits.pointer[0] = logit
                siftDown(0, count)
            }
        }
        // How a heap lies depends on what has left it: in order, sums over it are the same whatever that was.
        for last in stride(from: count - 1, to: 0, by: -1) {
            swapHeap(0, last)
            siftDown(0, last)
        }
    }

    /// Sets probabilities to the softmax of the logits divided by `temperature`, which is above 0.
    func normalize(temperature: Float = 1) {
        // Distances from the greatest are divided, which cannot overflow but to −infinity.
        let greatest = VectorMath.maximum(logits.pointer, count: count)
        for index in 0..<count { probabilities.pointer[index] = (logits.pointer[index] - greatest) / temperature }
        VectorMath.softmax(probabilities.pointer, count: count)
    }

    /// Orders candidates by what `key` gives for logit and probability.
    func setKeys(_ key: (_ logit: Float, _ probability: Float) -> Float) {
        for index in 0..<count { keys.pointer[index] = key(logits.pointer[index], probabilities.pointer[index]) }
    }

    /// Keeps the first candidates in the order of the keys until their probabilities reach `target` (or, when
    /// `exceeding`, exceed it); moves them to the front. The one that reaches it comes last among them.
    func keepPrefix(of target: Double, exceeding: Bool = false) {
        count = max(1, min(count, prefix(of: target, exceeding: exceeding)))
    }

    /// Keeps candidates for which `isKept` holds of their probability, in their order.
    func keep(where isKept: (_ probability: Float) -> Bool) {
        var kept = 0
        for index in 0..<count where isKept(probabilities.pointer[index]) {
            tokens.pointer[kept] = tokens.pointer[index]
            logits.pointer[kept] = logits.pointer[index]
            probabilities.pointer[kept] = probabilities.pointer[index]
            kept += 1
        }
        count = kept
    }

    /// The candidate at which the probabilities, added up in the order of descending logits, reach `target`.
    func choose(_ target: Double) -> Int32 {
        setKeys { logit, _ in -logit }
        var index = prefix(of: target, exceeding: false) - 1
        // Rounding may leave the target above the sum of all; the last candidates may be impossible ones.
        while index > 0, probabilities.pointer[index] == 0 { index -= 1 }
        return tokens.pointer[max(index, 0)]
    }
}

// MARK: Selection

extension CandidateSet {
    /// Ranges up to this long are sorted rather than divided.
    private static let sortedRangeMax = 16

    /// The length of the shortest prefix, in the order of the keys, whose probabilities reach `target`; the prefix is
    /// moved to the front. All candidates when they do not reach it.
    private func prefix(of target: Double, exceeding: Bool) -> Int {
        var low = 0
        var high = count
        var before = 0.0
        func reaches(_ sum: Double) -> Bool { exceeding ? sum > target : sum >= target }
        while high - low > Self.sortedRangeMax {
            let pivot = partition(low, high)
            var sum = before
            for index in low..<pivot { sum += Double(probabilities.pointer[index]) }
            let withPivot = sum + Double(probabilities.pointer[pivot])
            if reaches(sum) {
                high = pivot
            } else if reaches(withPivot) {
                return pivot + 1
            } else {
                before = withPivot
                low = pivot + 1
            }
        }
        sort(low, high)
        for index in low..<high {
            before += Double(probabilities.pointer[index])
            if reaches(before) { return index + 1 }
        }
        return high
    }

    /// Divides a range about a pivot and returns the pivot's place.
    private func partition(_ low: Int, _ high: Int) -> Int {
        let middle = low + (high - low) / 2
        if precedes(middle, low) { swap(middle, low) }
        if precedes(high - 1, low) { swap(high - 1, low) }
        if precedes(high - 1, middle) { swap(high - 1, middle) }
        swap(middle, high - 1)
        var place = low
        for index in low..<high - 1 where precedes(index, high - 1) {
            swap(index, place)
            place += 1
        }
        swap(place, high - 1)
        return place
    }

    private func sort(_ low: Int, _ high: Int) {
        for end in stride(from: low + 1, to: high, by: 1) {
            var index = end
            while index > low, precedes(index, index - 1) {
                swap(index, index - 1)
                index -= 1
            }
        }
    }

    @inline(__always)
    private func precedes(_ left: Int, _ right: Int) -> Bool {
        let (a, b) = (keys.pointer[left], keys.pointer[right])
        return a < b || a == b && tokens.pointer[left] < tokens.pointer[right]
    }

    @inline(__always)
    private func swap(_ left: Int, _ right: Int) {
        guard left != right else { return }
        (tokens.pointer[left], tokens.pointer[right]) = (tokens.pointer[right], tokens.pointer[left])
        (logits.pointer[left], logits.pointer[right]) = (logits.pointer[right], logits.pointer[left])
        (keys.pointer[left], keys.pointer[right]) = (keys.pointer[right], keys.pointer[left])
        (probabilities.pointer[left], probabilities.pointer[right]) =
            (probabilities.pointer[right], probabilities.pointer[left])
    }
}

// MARK: The heap of the greatest

extension CandidateSet {
    /// A heap's root is its worst candidate, the one to go next.
    private func siftUp(_ start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard isWorse(index, parent) else { return }
            swapHeap(index, parent)
            index = parent
        }
    }

    private func siftDown(_ start: Int, _ count: Int) {
        var index = start
        while true {
            var worst = index
            let left = 2 * index + 1
            if left < count, isWorse(left, worst) { worst = left }
            if left + 1 < count, isWorse(left + 1, worst) { worst = left + 1 }
            guard worst != index else { return }
            swapHeap(index, worst)
            index = worst
        }
    }

    @inline(__always)
    private func isWorse(_ left: Int, _ right: Int) -> Bool {
        let (a, b) = (logits.pointer[left], logits.pointer[right])
        return a < b || a == b && tokens.pointer[left] > tokens.pointer[right]
    }

    @inline(__always)
    private func swapHeap(_ left: Int, _ right: Int) {
        (tokens.pointer[left], tokens.pointer[right]) = (tokens.pointer[right], tokens.pointer[left])
        (logits.pointer[left], logits.pointer[right]) = (logits.pointer[right], logits.pointer[left])
    }
}
