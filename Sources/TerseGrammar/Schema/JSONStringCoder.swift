/// Writes automata over the scalars of a string as automata over the bytes of the JSON string (RFC 8259, section 7).
struct JSONStringCoder {
    /// Which of the ways to write a character are read.
    enum Escapes: Hashable {
        /// Every one: also `\/`, `\u` for any character, and pairs of surrogates.
        case all
        /// Escapes only where a character cannot stand for itself, short where a short one exists.
        case needed
    }

    let escapes: Escapes
    private let meter: WorkMeter
    /// By the ranges of a state's edges and which of them go to one place.
    private var templates: [[UInt32]: Automaton] = [:]

    init(_ escapes: Escapes, _ meter: WorkMeter) {
        self.escapes = escapes
        self.meter = meter
    }

    /// Marks where a character has ended, in templates: past all bytes.
    private static let exit: UInt32 = 1000
    private static let quote = UInt32(UInt8(ascii: "\""))
    private static let short: [(scalar: UInt32, letter: UInt8)] = [
        (0x22, UInt8(ascii: "\"")), (0x5C, UInt8(ascii: "\\")), (0x08, UInt8(ascii: "b")), (0x0C, UInt8(ascii: "f")),
        (0x0A, UInt8(ascii: "n")), (0x0D, UInt8(ascii: "r")), (0x09, UInt8(ascii: "t")),
    ]

    /// The strings, quotes included, whose contents `contents` accepts.
    mutating func string(_ contents: Automaton) throws(GrammarError) -> Automaton {
        var result = Automaton()
        result.addState(isFinal: false)
        for _ in contents.edges { result.addState(isFinal: false) }
        let end = result.addState(isFinal: true)
        result.append(.init(low: Self.quote, high: Self.quote, target: 1), to: 0)
        for state in contents.edges.indices {
            let (template, targets) = try template(contents.edges[state])
            try meter.check(states: result.stateCount)
            try meter.spend(template.stateCount)
            let ends = contents.isFinal[state] ? end : nil
            stamp(template, targets.map { $0 + 1 }, at: Int32(state + 1), end: ends, into: &result)
        }
        return result.trimmed()
    }

    /// Copies a template's states and edges, its exits replaced by `targets`.
    private func stamp(
        _ template: Automaton, _ targets: [Int32], at state: Int32, end: Int32?, into result: inout Automaton
    ) {
        var numbers = [state]
        for inner in template.edges.indices.dropFirst() {
            let isExit = template.edges[inner].first.map { $0.low >= Self.exit } ?? false
            if isExit {
                numbers.append(targets[Int(template.edges[inner][0].low - Self.exit)])
            } else {
                numbers.append(result.addState(isFinal: false))
            }
        }
        for (inner, edges) in template.edges.enumerated() where edges.first.map({ $0.low < Self.exit }) ?? false {
            for edge in edges {
                if inner == 0, let end, edge.low > Self.quote, result.next(state, Self.quote) == nil {
                    result.append(.init(low: Self.quote, high: Self.quote, target: end), to: Int(state))
                }
                let moved = Automaton.Edge(low: edge.low, high: edge.high, target: numbers[Int(edge.target)])
                result.append(moved, to: Int(numbers[inner]))
            }
        }
        if let end, result.next(state, Self.quote) == nil {
            result.append(.init(low: Self.quote, high: Self.quote, target: end), to: Int(state))
        }
    }

    /// How one character is read from a state with these edges, and the targets of the template's exits.
    private mutating func template(_ edges: [Automaton.Edge]) throws(GrammarError) -> (Automaton, [Int32]) {
        var targets: [Int32] = []
        var slots: [Int] = []
        var key: [UInt32] = []
        var slotsByTarget: [Int32: Int] = [:]
        try meter.spend(edges.count)
        for edge in edges {
            let slot = slotsByTarget[edge.target] ?? targets.count
            if slot == targets.count {
                targets.append(edge.target)
                slotsByTarget[edge.target] = slot
            }
            slots.append(slot)
            key.append(contentsOf: [edge.low, edge.high, UInt32(slot)])
        }
        if let known = templates[key] { return (known, targets) }
        var graph = Graph()
        let exits = targets.map { _ in graph.addState() }
        for (slot, exit) in exits.enumerated() {
            graph.edge(exit, (Self.exit + UInt32(slot))...(Self.exit + UInt32(slot)), graph.end)
        }
        for (edge, slot) in zip(edges, slots) {
            try addCharacter(SymbolSet([edge.low...edge.high]), graph.start, exits[slot], &graph)
        }
        let made = try graph.determinized(meter)
        templates[key] = made
        return (made, targets)
    }

    private func addCharacter(_ set: SymbolSet, _ from: Int32, _ to: Int32, _ graph: inout Graph)
        throws(GrammarError)
    {
        let mustEscape = SymbolSet([0...0x1F, 0x22...0x22, 0x5C...0x5C])
        try graph.characters(from, set.subtracting(mustEscape), to, meter)
        var shortened: [UInt32] = []
        for (scalar, letter) in Self.short where set.contains(scalar) {
            try graph.path(from, [UInt8(ascii: "\\"), letter], to, meter)
            shortened.append(scalar)
        }
        guard escapes == .all else {
            let rest = set.intersection(SymbolSet([0...0x1F])).subtracting(SymbolSet(shortened.map { $0...$0 }))
            if !rest.isEmpty { try addUnicodeEscapes(rest, from, to, &graph) }
            return
        }
        if set.contains(0x2F) { try graph.path(from, "\\/".utf8, to, meter) }
        try addUnicodeEscapes(set, from, to, &graph)
    }

    private func addUnicodeEscapes(_ set: SymbolSet, _ from: Int32, _ to: Int32, _ graph: inout Graph)
        throws(GrammarError)
    {
        let escape = try graph.addState(meter)
        try graph.path(from, "\\u".utf8, escape, meter)
        for range in set.intersection(SymbolSet([0...0xD7FF, 0xE000...0xFFFF])).ranges {
            graph.digits(escape, range, to, count: 4, bits: 4, Self.hexadecimal)
        }
        for range in set.intersection(SymbolSet([0x10000...0x10FFFF])).ranges {
            try addSurrogates(range, escape, to, &graph)
        }
    }

    /// Pairs of surrogates: ten bits in each.
    private func addSurrogates(_ range: ClosedRange<UInt32>, _ from: Int32, _ to: Int32, _ graph: inout Graph)
        throws(GrammarError)
    {
        let low = range.lowerBound - 0x10000
        let high = range.upperBound - 0x10000
        var parts: [(lead: ClosedRange<UInt32>, trail: ClosedRange<UInt32>)] = []
        if low >> 10 == high >> 10 {
            parts.append(((low >> 10)...(low >> 10), (low & 0x3FF)...(high & 0x3FF)))
        } else {
            parts.append(((low >> 10)...(low >> 10), (low & 0x3FF)...0x3FF))
            if high >> 10 > low >> 10 + 1 { parts.append(((low >> 10 + 1)...(high >> 10 - 1), 0...0x3FF)) }
            parts.append(((high >> 10)...(high >> 10), 0...(high & 0x3FF)))
        }
        for (lead, trail) in parts {
            let middle = try graph.addState(meter)
            let second = try graph.addState(meter)
            let leads = (0xD800 + lead.lowerBound)...(0xD800 + lead.upperBound)
            graph.digits(from, leads, middle, count: 4, bits: 4, Self.hexadecimal)
            try graph.path(middle, "\\u".utf8, second, meter)
            let trails = (0xDC00 + trail.lowerBound)...(0xDC00 + trail.upperBound)
            graph.digits(second, trails, to, count: 4, bits: 4, Self.hexadecimal)
        }
    }

    /// Digits in both cases.
    private static func hexadecimal(_: Bool, _ low: UInt32, _ high: UInt32) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        if low <= 9 { result.append((0x30 + low)...(0x30 + min(high, 9))) }
        if high >= 10 {
            for letter: UInt32 in [0x41, 0x61] { result.append((letter + max(low, 10) - 10)...(letter + high - 10)) }
        }
        return result
    }
}
