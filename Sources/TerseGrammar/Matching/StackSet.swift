/// Where a text may be in a grammar: the tops of all stacks that its bytes allow, level upon level, a level for each byte
/// that can be taken back.
struct StackSet: Sendable {
    struct Top: Sendable, Hashable {
        var state: Int32
        var frame: Int32
    }

    struct Level: Sendable {
        var topStart: Int
        var frameCount: Int
        /// Whether the text may end here.
        var mayEnd: Bool
        /// Whether a rule ended on whose caller nothing is known.
        var endsUnknown: Bool
    }

    let grammar: CompiledGrammar
    private(set) var frames = FrameTable()
    private(set) var tops: [Top] = []
    private(set) var levels: [Level] = []

    /// At the beginning of a text.
    init(_ grammar: CompiledGrammar) throws(GrammarError) {
        self.grammar = grammar
        try open { set throws(GrammarError) in try set.add(Top(state: grammar.start, frame: FrameTable.bottom)) }
    }

    /// In a state of which the caller is not known.
    init(_ grammar: CompiledGrammar, inside state: Int32) throws(GrammarError) {
        self.grammar = grammar
        try open { set throws(GrammarError) in try set.add(Top(state: state, frame: FrameTable.unknown)) }
    }

    var current: Level { levels[levels.count - 1] }
    var currentTops: ArraySlice<Top> { tops[current.topStart...] }

    /// Opens a level after `byte`.
    /// - Returns: false when nothing goes on with it and nothing ends: then no level is opened.
    mutating func advance(_ byte: UInt8) throws(GrammarError) -> Bool {
        let begin = current.topStart
        let end = tops.count
        if end == begin + 1 {
            // One stack in the middle of a rule, which is the usual case.
            let next = grammar.next(tops[begin].state, byte)
            guard next >= 0 else { return false }
            if grammar.traits[Int(next)] == .hasBytes {
                levels.append(Level(topStart: end, frameCount: frames.count, mayEnd: false, endsUnknown: false))
                tops.append(Top(state: next, frame: tops[begin].frame))
                return true
            }
        }
        var isAlive = false
        try open { set throws(GrammarError) in
            for index in begin..<end {
                let next = set.grammar.next(set.tops[index].state, byte)
                guard next >= 0 else { continue }
                isAlive = true
                try set.add(Top(state: next, frame: set.tops[index].frame))
            }
        }
        if !isAlive { retreat() }
        return isAlive
    }

    /// Opens a level at what called the rule that `frame` returns from.
    mutating func leave(_ frame: Int32) throws(GrammarError) {
        try open { set throws(GrammarError) in try set.end(frame) }
    }

    /// Opens a level at one top in the middle of a rule.
    mutating func branch(to top: Top) {
        levels.append(Level(topStart: tops.count, frameCount: frames.count, mayEnd: false, endsUnknown: false))
        tops.append(top)
    }

    /// The top, when there is one alone, which is in the middle of a rule.
    var onlyTop: Top? {
        guard tops.count == current.topStart + 1, let top = tops.last else { return nil }
        return grammar.traits[Int(top.state)] == .hasBytes ? top : nil
    }

    /// The current tops from which a byte can be read, and from bottom to top what is below them: equal for equal places,
    /// whatever led there.
    var signature: [Int32] {
        var result: [Int32] = [current.mayEnd ? 1 : 0]
        for top in currentTops where grammar.traits[Int(top.state)].contains(.hasBytes) {
            let path = frames.path(top.frame)
            result.append(top.state)
            result.append(Int32(path.count))
            result.append(contentsOf: path)
        }
        return result
    }

    /// Takes the last level back.
    mutating func retreat() {
        let level = levels.removeLast()
        tops.removeLast(tops.count - level.topStart)
        frames.truncate(to: level.frameCount)
    }

    mutating func retreat(to count: Int) { while levels.count > count { retreat() } }

    /// Makes what is known now the beginning: it can no longer be taken back, and what it does not need is let go.
    mutating func settle() {
        let kept = currentTops
        let mayEnd = current.mayEnd
        var fresh = FrameTable()
        var settled: [Top] = []
        var moved: [Int32: Int32] = [:]
        for top in kept {
            if moved[top.frame] == nil {
                var frame = FrameTable.bottom
                for next in frames.path(top.frame).reversed() { frame = fresh.push(next, on: frame) }
                moved[top.frame] = frame
            }
            settled.append(Top(state: top.state, frame: moved[top.frame] ?? FrameTable.bottom))
        }
        frames = fresh
        tops = settled
        levels = [Level(topStart: 0, frameCount: 2, mayEnd: mayEnd, endsUnknown: false)]
    }

    private mutating func open(_ fill: (inout StackSet) throws(GrammarError) -> Void) throws(GrammarError) {
        levels.append(Level(topStart: tops.count, frameCount: frames.count, mayEnd: false, endsUnknown: false))
        do throws(GrammarError) {
            try fill(&self)
            try close()
        } catch {
            retreat()
            throw error
        }
    }

    /// Follows calls and ends of rules until every top has been looked at.
    private mutating func close() throws(GrammarError) {
        var index = current.topStart
        while index < tops.count {
            let top = tops[index]
            let traits = grammar.traits[Int(top.state)]
            if traits.contains(.hasCalls) {
                let range = grammar.callStarts[Int(top.state)]..<grammar.callStarts[Int(top.state) + 1]
                for call in grammar.calls[Int(range.lowerBound)..<Int(range.upperBound)] {
                    try enter(call, from: top.frame)
                }
            }
            if traits.contains(.isFinal) { try end(top.frame) }
            index += 1
        }
    }

    private mutating func enter(_ call: CompiledGrammar.Call, from frame: Int32) throws(GrammarError) {
        // What would only end after the call needs no frame: so repetition at the end of a rule does not grow the stack.
        guard grammar.traits[Int(call.next)] != .isFinal else {
            try add(Top(state: call.start, frame: frame))
            return
        }
        guard frames.depth(frame) < grammar.limits.maximumStackDepth else {
            throw GrammarError(
                .limitExceeded, "more than \(grammar.limits.maximumStackDepth) rules inside one another")
        }
        try add(Top(state: call.start, frame: frames.push(call.next, on: frame)))
    }

    private mutating func end(_ frame: Int32) throws(GrammarError) {
        switch frame {
        case FrameTable.bottom: levels[levels.count - 1].mayEnd = true
        case FrameTable.unknown: levels[levels.count - 1].endsUnknown = true
        default: try add(Top(state: frames.next(frame), frame: frames.parent(frame)))
        }
    }

    private mutating func add(_ top: Top) throws(GrammarError) {
        let begin = current.topStart
        for index in begin..<tops.count where tops[index] == top { return }
        guard tops.count - begin < grammar.limits.maximumStacks else {
            throw GrammarError(
                .limitExceeded,
                "the text can be read in more than \(grammar.limits.maximumStacks) ways side by side: the grammar is too "
                    + "ambiguous")
        }
        tops.append(top)
    }
}
