import TerseJSON

/// What the parts of one compilation share: the document, the steps they may take together, and what was worked out
/// before.
final class SchemaContext {
    let document: SchemaDocument
    let meter: WorkMeter
    private var patterns: [Pattern: Automaton] = [:]
    private var listed: [Int: Set<CanonicalValue>] = [:]

    private struct Pattern: Hashable {
        /// Bytes, as equal strings may be written differently.
        var text: [UInt8]
        var reading: PatternParser.Reading
    }

    init(_ document: SchemaDocument, _ meter: WorkMeter) {
        self.document = document
        self.meter = meter
    }

    /// The automaton of a regular expression; errors name the keyword of `node` and its place.
    func automaton(_ pattern: String, _ reading: PatternParser.Reading, _ node: SchemaNode, _ keyword: String)
        throws(GrammarError) -> Automaton
    {
        let key = Pattern(text: Array(pattern.utf8), reading: reading)
        try meter.spend(1 + key.text.count / 8)
        if let known = patterns[key] { return known }
        do throws(GrammarError) {
            let made = try PatternParser.automaton(pattern, reading, meter)
            patterns[key] = made
            return made
        } catch {
            let code: GrammarError.Code = error.code == .syntax ? .invalidSchema : error.code
            let pointer = node.pointer
            throw GrammarError(
                code, "\(pointer): the keyword \"\(keyword)\": \(error.message)", keyword: keyword, pointer: pointer)
        }
    }

    /// Whether a regular expression matches; refused where dialects disagree.
    func matches(_ text: String, _ pattern: String, _ node: SchemaNode, _ keyword: String) throws(GrammarError) -> Bool
    {
        try meter.spend(1 + text.utf8.count)
        let isSure = try automaton(pattern, .sure, node, keyword).accepts(text)
        guard try automaton(pattern, .possible, node, keyword).accepts(text) == isSure else {
            throw node.refusal(keyword, "means different things to different validators for \"\(text.shortened)\"")
        }
        return isSure
    }

    /// The values of the schema's `enum` or `const`; nil without one.
    func listedValues(_ node: SchemaNode) throws(GrammarError) -> Set<CanonicalValue>? {
        if let known = listed[node.number] { return known }
        guard let values = try Self.values(listedBy: node) else { return nil }
        var set: Set<CanonicalValue> = []
        for value in values { set.insert(try CanonicalValue(value, meter)) }
        if let constant = node["const"], node["enum"] != nil {
            set.formIntersection([try CanonicalValue(constant, meter)])
        }
        listed[node.number] = set
        return set
    }

    /// What `enum`, or else `const`, lists.
    static func values(listedBy node: SchemaNode) throws(GrammarError) -> [JSONValue]? {
        guard let listed = node["enum"] else { return node["const"].map { [$0] } }
        guard let values = listed.arrayValue else { throw node.invalid("enum", "must be an array") }
        return values
    }

    /// The names that `required` lists.
    static func required(by node: SchemaNode) throws(GrammarError) -> [String] {
        guard let value = node["required"] else { return [] }
        guard let elements = value.arrayValue else { throw node.invalid("required", "must be an array of strings") }
        var names: [String] = []
        for element in elements {
            guard let name = element.stringValue else { throw node.invalid("required", "must be an array of strings") }
            names.append(name)
        }
        return names
    }
}
