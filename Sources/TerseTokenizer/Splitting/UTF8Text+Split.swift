extension UTF8Text {
    /// Cuts `range` at the matches of `pattern` and appends the pieces.
    func split(
        _ range: Range<Int>, by pattern: SplitPattern, _ behavior: SplitBehavior, inverted: Bool,
        into pieces: inout [Range<Int>]
    ) {
        var collector = PieceCollector(behavior: behavior, inverted: inverted)
        var index = range.lowerBound
        var unmatched = index
        while index < range.upperBound {
            let match = pattern.matchEnd(in: self, at: index, begin: range.lowerBound, end: range.upperBound)
            if match == index {
                index = skip(pattern, at: index, end: range.upperBound)
                continue
            }
            if unmatched < index { collector.add(unmatched..<index, isMatch: false, to: &pieces) }
            collector.add(index..<match, isMatch: true, to: &pieces)
            index = match
            unmatched = match
        }
        if unmatched < range.upperBound { collector.add(unmatched..<range.upperBound, isMatch: false, to: &pieces) }
        collector.finish(&pieces)
    }

    /// The next place where a match could begin after none began at `index`.
    @inline(__always)
    private func skip(_ pattern: SplitPattern, at index: Int, end: Int) -> Int {
        // Asking at every scalar of a long run of whitespace whether it reaches the end would take quadratic time.
        let next = index + Self.length(first: base[index])
        return pattern == .trailingSpace ? max(runEnd(of: .space, from: index, end: end), next) : next
    }
}

/// Joins matches and what lies between them as a split's behaviour wants.
private struct PieceCollector {
    let behavior: SplitBehavior
    let inverted: Bool
    private var pending: Range<Int>?
    private var pendingIsMatch = false

    init(behavior: SplitBehavior, inverted: Bool) {
        self.behavior = behavior
        self.inverted = inverted
    }

    mutating func add(_ range: Range<Int>, isMatch: Bool, to pieces: inout [Range<Int>]) {
        let isMatch = isMatch != inverted
        switch behavior {
        case .isolated: pieces.append(range)
        case .removed: if !isMatch { pieces.append(range) }
        case .contiguous: hold(range, isMatch, joins: pendingIsMatch == isMatch, &pieces)
        case .mergedWithPrevious: hold(range, isMatch, joins: isMatch && !pendingIsMatch, &pieces)
        case .mergedWithNext: hold(range, isMatch, joins: !isMatch && pendingIsMatch, &pieces)
        }
    }

    /// Joins `range` to the piece held back when `joins`, else lets that one go and holds `range` back.
    private mutating func hold(_ range: Range<Int>, _ isMatch: Bool, joins: Bool, _ pieces: inout [Range<Int>]) {
        if let held = pending, joins {
            pending = held.lowerBound..<range.upperBound
        } else {
            if let held = pending { pieces.append(held) }
            pending = range
        }
        pendingIsMatch = isMatch
    }

    mutating func finish(_ pieces: inout [Range<Int>]) {
        if let held = pending { pieces.append(held) }
        pending = nil
    }
}
