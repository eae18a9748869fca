/// One window over the tokens of a text: what is fed, and which of it is scored.
struct TextWindow: Equatable {
    /// Where the beginning-of-text token goes, if there is one.
    enum Beginning: Equatable {
        case none
        case prepended
        case inPlaceOfFirst
    }

    /// Indices of the text's tokens that are fed.
    let fed: Range<Int>
    /// Indices of those whose probability counts: the end of `fed`.
    let scored: Range<Int>
    let beginning: Beginning

    /// Of what is fed, a beginning-of-text token included.
    var tokenCount: Int { fed.count + (beginning == .prepended ? 1 : 0) }

    /// Windows of `size` tokens, the beginning included, `stride` apart, that score every token once.
    static func sliding(count: Int, size: Int, stride: Int, hasBeginning: Bool) -> [TextWindow] {
        let capacity = hasBeginning ? size - 1 : size
        var windows: [TextWindow] = []
        var (start, reached) = (0, hasBeginning ? 0 : 1)
        while reached < count {
            let end = min(start + capacity, count)
            windows.append(
                TextWindow(fed: start..<end, scored: reached..<end, beginning: hasBeginning ? .prepended : .none))
            reached = end
            start += stride
        }
        return windows
    }

    /// Whole windows side by side, each scoring what follows its first half and one token.
    static func chunked(count: Int, size: Int, hasBeginning: Bool) -> [TextWindow] {
        (0..<count / size).map { index in
            let start = index * size
            return TextWindow(
                fed: start..<start + size, scored: start + size / 2 + 1..<start + size,
                beginning: hasBeginning ? .inPlaceOfFirst : .none)
        }
    }

    /// The tokens to feed, into `buffer`, and the place in it of the first that is scored.
    func fill(_ buffer: inout [Int32], from tokens: [Int32], beginning token: Int32?) -> Int {
        buffer.removeAll(keepingCapacity: true)
        if beginning == .prepended, let token { buffer.append(token) }
        let offset = buffer.count
        buffer.append(contentsOf: tokens[fed])
        if beginning == .inPlaceOfFirst, let token { buffer[0] = token }
        return offset + scored.lowerBound - fed.lowerBound
    }
}
