/// Chosen documents of a dataset as one sequence of ids.
struct TokenStream: Sendable {
    private let dataset: TokenDataset
    /// Stretches of the dataset, in order.
    private let ranges: [Range<Int>]
    /// Where each stretch ends in the stream.
    private let ends: [Int]

    /// - Parameter documents: Indices into the dataset, ascending.
    init(_ dataset: TokenDataset, documents: some Sequence<Int>) {
        var ranges: [Range<Int>] = []
        for document in documents {
            let range = dataset.range(ofDocument: document)
            if let last = ranges.last, last.upperBound == range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        var total = 0
        self.dataset = dataset
        self.ranges = ranges
        ends = ranges.map { range in
            total += range.count
            return total
        }
    }

    var count: Int { ends.last ?? 0 }

    /// Differs when an id or a chosen document does.
    var fingerprint: UInt64 {
        var fingerprint = Fingerprint()
        fingerprint.take(dataset.fingerprint)
        for range in ranges {
            fingerprint.take(UInt64(range.lowerBound))
            fingerprint.take(UInt64(range.upperBound))
        }
        return fingerprint.value
    }

    /// Copies the ids of `range` to `target`, which has room for them.
    func copy(_ range: Range<Int>, to target: UnsafeMutablePointer<Int32>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        var (position, written) = (range.lowerBound, 0)
        var index = firstStretch(endingBehind: position)
        while position < range.upperBound {
            let start = ends[index] - ranges[index].count
            let length = min(ends[index], range.upperBound) - position
            let source = ranges[index].lowerBound + position - start
            dataset.copy(source..<source + length, to: target + written)
            position += length
            written += length
            index += 1
        }
    }

    private func firstStretch(endingBehind position: Int) -> Int {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] > position { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
