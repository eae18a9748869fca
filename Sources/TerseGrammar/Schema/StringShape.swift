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
    private(set) var key = Key()

    struct Key: Hashable {
        var formats: [String] = []
        /// Bytes, as equal strings may be written differently.
        var patterns: [[UInt8]] = []
        var minimum = 0
        var maximum: Int?
    }

    init(_ nodes: [SchemaNode], _ context: SchemaContext) throws(GrammarError) {
        for node in nodes {
            minimum = max(minimum, try node.count("minLength") ?? 0)
            if let bound = try node.count("maxLength") { maximum = min(maximum ?? bound, bound) }
            if let automaton = try Self.format(node) {
                automata.append(automaton)
                key.formats.append(node["format"]?.stringValue ?? "")
            }
            if let pattern = node["pattern"] {
                guard let pattern = pattern.stringValue else { throw node.invalid("pattern", "must be a string") }
                let bytes = Array(pattern.utf8)
                if !key.patterns.contains(bytes) {
                    automata.append(try context.automaton(pattern, .sure, node, "pattern"))
                    key.patterns.append(bytes)
                }
            }
        }
        (key.minimum, key.maximum) = (minimum, maximum)
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

    /// The texts of the schema's `format`; nil without one.
    static func format(_ node: SchemaNode) throws(GrammarError) -> Automaton? {
        guard let value = node["format"] else { return nil }
        guard let name = value.stringValue else { throw node.invalid("format", "must be a string") }
        guard let pattern = StringFormat.patterns[name] else {
            let known = StringFormat.patterns.keys.sorted().joined(separator: ", ")
            throw node.refusal("format", "has the value \"\(name.shortened)\", which is none of \(known)")
        }
        if let known = formats.withLock({ $0[name] }) { return known }
        let automaton = try PatternParser.automaton(pattern, .sure, WorkMeter(limits: GrammarLimits()))
        formats.withLock { $0[name] = automaton }
        return automaton
    }
}
