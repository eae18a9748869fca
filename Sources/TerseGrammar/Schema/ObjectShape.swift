import TerseJSON

/// Which objects a set of schemas allows: members in the order in which the schemas list them, then others.
struct ObjectShape {
    /// A member whose name is listed.
    struct Member {
        let name: String
        let isRequired: Bool
        /// What its value must obey.
        let schemas: [SchemaNode]
    }

    /// Members whose names are not listed.
    struct Others {
        let names: Automaton
        let schemas: [SchemaNode]
    }

    private(set) var members: [Member] = []
    private(set) var others: [Others] = []
    private(set) var minimum = 0
    private(set) var maximum: Int?

    /// Regular expressions of `patternProperties` that are told apart: each doubles the kinds of names.
    private static let maximumPatterns = 5

    init(_ nodes: [SchemaNode], document: SchemaDocument, _ meter: WorkMeter) throws(GrammarError) {
        var names: [String] = []
        var isListed: Set<[UInt8]> = []
        var required: Set<[UInt8]> = []
        for node in nodes {
            for name in try node.members("properties").keys where isListed.insert(Array(name.utf8)).inserted {
                names.append(name)
            }
        }
        for node in nodes {
            for name in try Self.required(node) {
                if isListed.insert(Array(name.utf8)).inserted { names.append(name) }
                required.insert(Array(name.utf8))
            }
            minimum = max(minimum, try node.count("minProperties") ?? 0)
            if let bound = try node.count("maxProperties") { maximum = min(maximum ?? bound, bound) }
        }
        let check = LiteralCheck(document: document, limits: meter.limits)
        for name in names {
            var schemas: [SchemaNode] = []
            for node in nodes {
                schemas.append(contentsOf: try Self.schemas(of: name, in: node, meter.limits))
                guard let rule = node["propertyNames"] else { continue }
                // A name that must not be is as a member that no value fits.
                let fits = try check.fits(.string(name), node.child("propertyNames", value: rule))
                if !fits { schemas.append(node.child("propertyNames", value: false)) }
            }
            members.append(
                Member(name: name, isRequired: required.contains(Array(name.utf8)), schemas: schemas))
        }
        try findOthers(nodes, except: names, document: document, meter)
        try refuseCount(nodes)
    }

    /// What the schema says of the member `name`.
    static func schemas(of name: String, in node: SchemaNode, _ limits: GrammarLimits) throws(GrammarError)
        -> [SchemaNode]
    {
        var result: [SchemaNode] = []
        if let schema = try node.members("properties")[name] {
            result.append(node.child("properties", name, value: schema))
        }
        for (pattern, schema) in try node.members("patternProperties") {
            guard try StringShape.matches(name, node, "patternProperties", pattern: pattern, limits) else { continue }
            result.append(node.child("patternProperties", pattern, value: schema))
        }
        if result.isEmpty, let schema = node["additionalProperties"] {
            result.append(node.child("additionalProperties", value: schema))
        }
        return result
    }

    private static func required(_ node: SchemaNode) throws(GrammarError) -> [String] {
        guard let value = node["required"] else { return [] }
        guard let elements = value.arrayValue else { throw node.invalid("required", "must be an array of strings") }
        var names: [String] = []
        for element in elements {
            guard let name = element.stringValue else { throw node.invalid("required", "must be an array of strings") }
            names.append(name)
        }
        return names
    }

    /// Divides the names that are not listed by the regular expressions that match them.
    private mutating func findOthers(
        _ nodes: [SchemaNode], except names: [String], document: SchemaDocument, _ meter: WorkMeter
    ) throws(GrammarError) {
        var patterns: [String] = []
        for node in nodes {
            for pattern in try node.members("patternProperties").keys where !patterns.contains(pattern) {
                patterns.append(pattern)
            }
            guard patterns.count <= Self.maximumPatterns else {
                throw node.refusal("patternProperties", "has more than \(Self.maximumPatterns) different patterns")
            }
        }
        let isClosed = nodes.contains { node in
            node["additionalProperties"]?.boolValue == false
                && (node["patternProperties"]?.objectValue?.isEmpty ?? true)
        }
        guard !isClosed else { return }
        var free = try Automaton.allTexts.subtracting(.texts(names, meter), meter)
        for node in nodes where node["propertyNames"] != nil {
            free = try free.intersection(Self.nameAutomaton(node, document, meter), meter)
        }
        var sure: [Automaton] = []
        var possible: [Automaton] = []
        for pattern in patterns {
            guard let node = nodes.first(where: { $0["patternProperties"]?[pattern] != nil }) else { continue }
            sure.append(try StringShape.automaton(pattern, .sure, node, "patternProperties", meter))
            possible.append(try StringShape.automaton(pattern, .possible, node, "patternProperties", meter))
        }
        for choice in 0..<(1 << patterns.count) {
            var kind = free
            for index in patterns.indices {
                let isMatched = choice & (1 << index) != 0
                kind =
                    isMatched
                    ? try kind.intersection(sure[index], meter) : try kind.subtracting(possible[index], meter)
            }
            guard !kind.isEmpty else { continue }
            let matched = patterns.indices.filter { choice & (1 << $0) != 0 }.map { patterns[$0] }
            let schemas = nodes.flatMap { Self.schemas(of: $0, matching: matched) }
            guard !schemas.contains(where: { $0.schema.boolValue == false }) else { continue }
            others.append(Others(names: try kind.minimized(meter), schemas: schemas))
        }
    }

    private static func schemas(of node: SchemaNode, matching patterns: [String]) -> [SchemaNode] {
        let matched = patterns.compactMap { pattern in
            node["patternProperties"]?[pattern].map { node.child("patternProperties", pattern, value: $0) }
        }
        guard matched.isEmpty, let schema = node["additionalProperties"] else { return matched }
        return [node.child("additionalProperties", value: schema)]
    }

    /// The names that the schema's `propertyNames` allows.
    private static func nameAutomaton(_ node: SchemaNode, _ document: SchemaDocument, _ meter: WorkMeter)
        throws(GrammarError) -> Automaton
    {
        guard let schema = node["propertyNames"] else { return .allTexts }
        let names = node.child("propertyNames", value: schema)
        let alternatives = try SchemaAlternatives(document: document, limits: meter.limits).alternatives(of: [names])
        guard let only = alternatives.first else { return .nothing }
        guard alternatives.count == 1 else { throw node.refusal("propertyNames", "offers a choice between schemas") }
        var types = SchemaTypes.all
        for part in only { types.formIntersection(try SchemaTypes(part)) }
        guard types.contains(.string) else { return .nothing }
        if only.contains(where: { $0["not"] != nil }) { throw node.refusal("propertyNames", "uses \"not\"") }
        var result = try StringShape(only, meter).contents(meter)
        for part in only where part["enum"] != nil || part["const"] != nil {
            let listed = part["const"].map { [$0] } ?? part["enum"]?.arrayValue ?? []
            result = try result.intersection(.texts(listed.compactMap(\.stringValue), meter), meter)
        }
        return result
    }

    /// A name that is not listed may be written twice and then counts once, so it cannot serve to reach a minimum.
    private mutating func refuseCount(_ nodes: [SchemaNode]) throws(GrammarError) {
        if minimum <= members.count(where: \.isRequired) { minimum = 0 }
        guard minimum > 1, !others.isEmpty, let node = nodes.first(where: { $0["minProperties"] != nil }) else {
            return
        }
        throw node.refusal(
            "minProperties",
            "cannot be enforced together with names that are not listed: list and require more properties")
    }
}
