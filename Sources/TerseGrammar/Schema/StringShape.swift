import Synchronization
import TerseJSON

/// Which strings a set of schemas allows.
struct StringShape {
    /// Automata of formats, which never change, by name.
    private static let formats = Mutex<[String: Automaton]>([:])

    private(set) var minimum = 0
    private(set) var maximum: Int?
    /// Automata over scalars that must all accept.
    private(set) var automata: [Automaton] = []
    /// Equal for equal shapes.
    private(set) var key: [String] = []

    init(_ nodes: [SchemaNode], _ meter: WorkMeter) throws(GrammarError) {
        for node in nodes {
            minimum = max(minimum, try node.count("minLength") ?? 0)
            if let bound = try node.count("maxLength") { maximum = min(maximum ?? bound, bound) }
            if let automaton = try Self.format(node, meter.limits) {
                automata.append(automaton)
                key.append("format \(node["format"]?.stringValue ?? "")")
            }
            if let pattern = node["pattern"] {
                guard let pattern = pattern.stringValue else { throw node.invalid("pattern", "must be a string") }
                if !key.contains("pattern \(pattern)") {
                    automata.append(try Self.automaton(pattern, .sure, node, "pattern", meter))
                    key.append("pattern \(pattern)")
                }
            }
        }
        key.append("length \(minimum) \(maximum ?? -1)")
    }

    /// Whether every string fits.
    var isFree: Bool { automata.isEmpty && minimum == 0 && maximum == nil }

    /// The contents of the strings, over scalars.
    func contents(_ meter: WorkMeter) throws(GrammarError) -> Automaton {
        guard minimum <= maximum ?? minimum else { return .nothing }
        var result = automata.first ?? .allTexts
        for automaton in automata.dropFirst() { result = try result.intersection(automaton, meter) }
        guard minimum > 0 || maximum != nil else { return result }
        let lengths = try Automaton.lengths(minimum, maximum, meter)
        return automata.isEmpty ? lengths : try result.intersection(lengths, meter).minimized(meter)
    }

    /// The automaton of a regular expression, errors with the keyword and the place.
    static func automaton(
        _ pattern: String, _ reading: PatternParser.Reading, _ node: SchemaNode, _ keyword: String, _ meter: WorkMeter
    ) throws(GrammarError) -> Automaton {
        do throws(GrammarError) {
            return try PatternParser.automaton(pattern, reading, meter)
        } catch {
            let code: GrammarError.Code = error.code == .syntax ? .invalidSchema : error.code
            throw GrammarError(
                code, "\(node.pointer): the keyword \"\(keyword)\": \(error.message)", keyword: keyword,
                pointer: node.pointer)
        }
    }

    /// Whether the regular expression at `keyword` matches; refused where dialects disagree.
    static func matches(
        _ text: String, _ node: SchemaNode, _ keyword: String, pattern: String? = nil, _ limits: GrammarLimits
    )
        throws(GrammarError) -> Bool
    {
        guard let pattern = pattern ?? node[keyword]?.stringValue else {
            throw node.invalid(keyword, "must be a string")
        }
        let meter = WorkMeter(limits: limits)
        let isSure = try automaton(pattern, .sure, node, keyword, meter).accepts(text)
        guard try automaton(pattern, .possible, node, keyword, meter).accepts(text) == isSure else {
            throw node.refusal(keyword, "means different things to different validators for \"\(text)\"")
        }
        return isSure
    }

    /// The texts of the schema's `format`; nil without one.
    static func format(_ node: SchemaNode, _ limits: GrammarLimits) throws(GrammarError) -> Automaton? {
        guard let value = node["format"] else { return nil }
        guard let name = value.stringValue else { throw node.invalid("format", "must be a string") }
        guard let pattern = StringFormat.patterns[name] else {
            let known = StringFormat.patterns.keys.sorted().joined(separator: ", ")
            throw node.refusal("format", "has the value \"\(name)\", which is none of \(known)")
        }
        if let known = formats.withLock({ $0[name] }) { return known }
        let automaton = try PatternParser.automaton(pattern, .sure, WorkMeter(limits: .standard))
        formats.withLock { $0[name] = automaton }
        return automaton
    }
}
