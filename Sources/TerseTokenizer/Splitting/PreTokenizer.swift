/// Cuts normalised text into the pieces that a model encodes one by one.
struct PreTokenizer: Sendable {
    private let steps: [PreTokenizationStep]

    init(_ steps: [PreTokenizationStep]) { self.steps = steps }

    /// Calls `body` with each piece of `text`. `isFirst` says that `text` is the beginning of what the caller gave.
    func forEachPiece(
        of text: UnsafeBufferPointer<UInt8>, isFirst: Bool, _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        run(steps[...], text, [0..<text.count], isFirst: isFirst, body)
    }

    private func run(
        _ steps: ArraySlice<PreTokenizationStep>, _ text: UnsafeBufferPointer<UInt8>, _ pieces: [Range<Int>],
        isFirst: Bool, _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        guard let base = text.baseAddress else { return }
        var pieces = pieces
        for (index, step) in zip(steps.indices, steps) {
            switch step {
            case .split(let pattern, let behavior, let inverted):
                var next: [Range<Int>] = []
                next.reserveCapacity(max(pieces.count, text.count / 8))
                let scanned = UTF8Text(base)
                for piece in pieces {
                    scanned.split(piece, by: pattern, behavior, inverted: inverted, into: &next)
                }
                pieces = next
            case .addPrefixSpace, .metaspace:
                let (bytes, ranges) = rewrite(step, text, pieces, isFirst: isFirst)
                let rest = steps[(index + 1)...]
                return bytes.withUnsafeBufferPointer { run(rest, $0, ranges, isFirst: isFirst, body) }
            }
        }
        for piece in pieces where !piece.isEmpty { body(UnsafeBufferPointer(rebasing: text[piece])) }
    }

    /// The pieces after a step that changes their text.
    private func rewrite(
        _ step: PreTokenizationStep, _ text: UnsafeBufferPointer<UInt8>, _ pieces: [Range<Int>], isFirst: Bool
    ) -> (bytes: [UInt8], pieces: [Range<Int>]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count + text.count / 4 + 4)
        var ranges: [Range<Int>] = []
        for piece in pieces where !piece.isEmpty {
            let start = bytes.count
            switch step {
            case .addPrefixSpace:
                if text[piece].first != 0x20 { bytes.append(0x20) }
                bytes.append(contentsOf: text[piece])
                ranges.append(start..<bytes.count)
            case .metaspace(let replacement, let prepend, let splits):
                let mark = Array(replacement.utf8)
                let isFirstPiece = isFirst && piece.lowerBound == 0
                let isMarked = text[piece].first == 0x20 || text[piece].starts(with: mark)
                if !isMarked, prepend == .always || (prepend == .first && isFirstPiece) {
                    bytes.append(contentsOf: mark)
                }
                for byte in text[piece] {
                    if byte == 0x20 { bytes.append(contentsOf: mark) } else { bytes.append(byte) }
                }
                if splits {
                    bytes.withUnsafeBufferPointer {
                        UTF8Text($0.baseAddress!).split(
                            start..<$0.count, by: .literal(replacement), .mergedWithNext, inverted: false, into: &ranges
                        )
                    }
                } else {
                    ranges.append(start..<bytes.count)
                }
            case .split: break
            }
        }
        return (bytes, ranges)
    }
}
