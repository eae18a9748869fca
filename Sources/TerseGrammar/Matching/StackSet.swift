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
    /// Elementary steps that may still be made: of one token, or of finding which tokens may come next.
    var stepsLeft: Int
    private var index = TopIndex()

    /// At the beginning of a text.
    init(_ grammar: CompiledGrammar) throws(GrammarError) {
        self.grammar = grammar
        stepsLeft = grammar.limits.maskWorkMax
        try open { set throws(GrammarError) in try set.add(Top(state: grammar.start, frame: FrameTable.bottom)) }
    }

    /// In a state of which the caller is not known.
    init(_ grammar: CompiledGrammar, inside state: Int32, stepsLeft: Int) throws(GrammarError) {
        self.grammar = grammar
        self.stepsLeft = stepsLeft
        try open { set throws(GrammarError) in try set.add(Top(state: state, frame: FrameTable.unknown)) }
    }

    /// - Throws: `.limitExceeded` when no steps are left.
    mutating func spend(_ steps: Int) throws(GrammarError) {
        stepsLeft -= steps
        guard stepsLeft >= 0 else {
            throw GrammarError(
                .limitExceeded,
                "which tokens may come next takes more than \(grammar.limits.maskWorkMax) steps to find: the grammar has "
                    + "too many alternatives here")
        }
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
        try spend(8 + end - begin)
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
    ///
    /// Frames are written once, by where they return to; where one is met again, its number among the written ones, negated.
    var signature: [Int32] {
        var result: [Int32] = [current.mayEnd ? 1 : 0]
        var written = [Int32](repeating: 0, count: frames.count)
        (written[Int(FrameTable.bottom)], written[Int(FrameTable.unknown)]) = (1, 2)
        var count: Int32 = 2
        for top in currentTops where grammar.traits[Int(top.state)].contains(.hasBytes) {
            result.append(top.state)
            var frame = top.frame
            while written[Int(frame)] == 0 {
                count += 1
                written[Int(frame)] = count
                result.append(frames.next(frame))
                frame = frames.parent(frame)
            }
            result.append(-written[Int(frame)])
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
        let mayEnd = current.mayEnd
        let kept = Array(currentTops)
        let numbers = frames.compact(keeping: kept.lazy.map(\.frame))
        tops = kept.map { Top(state: $0.state, frame: numbers[Int($0.frame)]) }
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
                try spend(range.count)
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
        guard frames.depth(frame) < grammar.limits.stackDepthMax else {
            throw GrammarError(
                .limitExceeded, "more than \(grammar.limits.stackDepthMax) rules inside one another")
        }
        var steps = 0
        let pushed = frames.push(call.next, on: frame, &steps)
        try spend(steps)
        try add(Top(state: call.start, frame: pushed))
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
        guard index.insert(top, to: tops[begin...]) else { return }
        guard tops.count - begin < grammar.limits.stacksMax else {
            throw GrammarError(
                .limitExceeded,
                "the text can be read in more than \(grammar.limits.stacksMax) ways side by side: the grammar is too "
                    + "ambiguous")
        }
        tops.append(top)
    }
}
