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
    private static let patternsMax = 5

    init(_ nodes: [SchemaNode], _ context: SchemaContext) throws(GrammarError) {
        let patterns = try Self.patterns(nodes)
        var names: [String] = []
        var isListed: Set<[UInt8]> = []
        var required: Set<[UInt8]> = []
        for node in nodes {
            for name in try node.members("properties").keys where isListed.insert(Array(name.utf8)).inserted {
                names.append(name)
            }
        }
        for node in nodes {
            for name in try SchemaContext.required(by: node) {
                if isListed.insert(Array(name.utf8)).inserted { names.append(name) }
                required.insert(Array(name.utf8))
            }
            minimum = max(minimum, try node.count("minProperties") ?? 0)
            if let bound = try node.count("maxProperties") { maximum = min(maximum ?? bound, bound) }
        }
        let check = LiteralCheck(context: context)
        for name in names {
            var schemas: [SchemaNode] = []
            for node in nodes {
                schemas.append(contentsOf: try Self.schemas(of: name, in: node, context))
                guard let rule = node.child("propertyNames") else { continue }
                // A name that must not be is as a member that no value fits.
                if try !check.fits(.string(name), [rule]) { schemas.append(node.forbidden) }
            }
            members.append(
                Member(name: name, isRequired: required.contains(Array(name.utf8)), schemas: schemas))
        }
        try findOthers(nodes, except: names, patterns, context)
        try refuseCount(nodes)
    }

    /// What the schema says of the member `name`.
    static func schemas(of name: String, in node: SchemaNode, _ context: SchemaContext) throws(GrammarError)
        -> [SchemaNode]
    {
        try context.meter.spend(2)
        var result: [SchemaNode] = []
        if try node.members("properties")[name] != nil, let schema = node.child("properties", name) {
            result.append(schema)
        }
        for (pattern, _) in try node.members("patternProperties") {
            guard try context.matches(name, pattern, node, "patternProperties"),
                let schema = node.child("patternProperties", pattern)
            else { continue }
            result.append(schema)
        }
        if result.isEmpty, let schema = node.child("additionalProperties") { result.append(schema) }
        return result
    }

    private static func patterns(_ nodes: [SchemaNode]) throws(GrammarError) -> [String] {
        var patterns: [String] = []
        var isKnown: Set<[UInt8]> = []
        for node in nodes {
            for pattern in try node.members("patternProperties").keys
            where isKnown.insert(Array(pattern.utf8)).inserted {
                patterns.append(pattern)
            }
            guard patterns.count <= patternsMax else {
                throw node.refusal("patternProperties", "has more than \(patternsMax) different patterns")
            }
        }
        return patterns
    }

    /// Divides the names that are not listed by the regular expressions that match them.
    private mutating func findOthers(
        _ nodes: [SchemaNode], except names: [String], _ patterns: [String], _ context: SchemaContext
    ) throws(GrammarError) {
        let isClosed = nodes.contains { node in
            node["additionalProperties"]?.boolValue == false
                && (node["patternProperties"]?.objectValue?.isEmpty ?? true)
        }
        guard !isClosed else { return }
        let meter = context.meter
        var free = try Automaton.allTexts.subtracting(.texts(names, meter), meter)
        for node in nodes where node["propertyNames"] != nil {
            free = try free.intersection(Self.nameAutomaton(node, context), meter)
        }
        var sure: [Automaton] = []
        var possible: [Automaton] = []
        for pattern in patterns {
            guard let node = nodes.first(where: { $0["patternProperties"]?[pattern] != nil }) else { continue }
            sure.append(try context.automaton(pattern, .sure, node, "patternProperties"))
            possible.append(try context.automaton(pattern, .possible, node, "patternProperties"))
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
        let matched = patterns.compactMap { node.child("patternProperties", $0) }
        guard matched.isEmpty, let schema = node.child("additionalProperties") else { return matched }
        return [schema]
    }

    /// The names that the schema's `propertyNames` allows.
    private static func nameAutomaton(_ node: SchemaNode, _ context: SchemaContext) throws(GrammarError) -> Automaton {
        guard let names = node.child("propertyNames") else { return .allTexts }
        let alternatives = try SchemaAlternatives(context: context).alternatives(of: [names])
        guard let only = alternatives.first else { return .nothing }
        guard alternatives.count == 1 else { throw node.refusal("propertyNames", "offers a choice between schemas") }
        guard try SchemaTypes(ofAll: only).contains(.string) else { return .nothing }
        if only.contains(where: { $0["not"] != nil }) { throw node.refusal("propertyNames", "uses \"not\"") }
        let meter = context.meter
        var result = try StringShape(only, context).contents(meter)
        for part in only {
            guard let listed = try SchemaContext.values(listedBy: part) else { continue }
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
