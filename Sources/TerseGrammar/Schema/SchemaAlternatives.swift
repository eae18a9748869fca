import TerseJSON

/// Resolves a schema's references and choices: what is left are sets of schemas of which a value must obey all of one set.
struct SchemaAlternatives {
    let context: SchemaContext

    private var limits: GrammarLimits { context.meter.limits }

    /// A schema still to be looked at, and the references that led to it.
    private struct Pending {
        var node: SchemaNode
        var path: [SchemaNode]
    }

    /// `anyOf` or `oneOf` of a schema, with the references that led to it.
    private struct Choice {
        var keyword: String
        var node: SchemaNode
        var path: [SchemaNode]
    }

    /// The sets, each with its schemas in the order in which they were met; those that say nothing are left out. None: no
    /// value fits.
    func alternatives(of nodes: [SchemaNode]) throws(GrammarError) -> [[SchemaNode]] {
        let found = try expand(nodes.map { Pending(node: $0, path: []) }, done: [], choices: [], depth: 0)
        for set in found { try context.meter.spend(set.count) }
        var seen: Set<[Int]> = []
        return found.map { $0.filter(SchemaKeywords.asserts) }.filter {
            seen.insert($0.map(\.number).sorted()).inserted
        }
    }

    /// Looks first at all that must hold, which may be what no value fits, and only then at choices.
    private func expand(_ pending: [Pending], done: [SchemaNode], choices: [Choice], depth: Int)
        throws(GrammarError) -> [[SchemaNode]]
    {
        try context.meter.spend(4 + done.count + choices.count)
        var pending = pending
        var (done, choices) = (done, choices)
        var isDone = Set(done.map(\.number))
        var index = 0
        while index < pending.count {
            let (node, path) = (pending[index].node, pending[index].path + [pending[index].node])
            index += 1
            try context.meter.spend(2 + path.count)
            if node.schema.boolValue == false { return [] }
            if node.schema.boolValue == true || !isDone.insert(node.number).inserted { continue }
            try SchemaKeywords.check(node, context.meter)
            done.append(node)
            guard done.count + pending.count - index + choices.count <= limits.alternativesMax,
                path.count <= limits.groupDepthMax
            else { throw tooMany(node) }
            if let target = try context.document.target(of: node) {
                guard !path.contains(where: { $0 === target }) else {
                    throw node.refusal("$ref", "leads back to itself with no value between")
                }
                pending.append(Pending(node: target, path: path))
            }
            for child in try node.children("allOf") { pending.append(Pending(node: child, path: path)) }
            for keyword in ["anyOf", "oneOf"] where node[keyword] != nil {
                choices.append(Choice(keyword: keyword, node: node, path: path))
            }
        }
        guard let choice = choices.first else { return [done] }
        return try branches(choice, done, Array(choices.dropFirst()), depth)
    }

    private func branches(_ choice: Choice, _ done: [SchemaNode], _ choices: [Choice], _ depth: Int)
        throws(GrammarError) -> [[SchemaNode]]
    {
        let node = choice.node
        guard depth < limits.groupDepthMax else { throw tooMany(node) }
        var result: [[SchemaNode]] = []
        var groups: [[[SchemaNode]]] = []
        for child in try node.children(choice.keyword) {
            let found = try expand(
                [Pending(node: child, path: choice.path)], done: done, choices: choices, depth: depth + 1)
            result.append(contentsOf: found)
            groups.append(found)
            guard result.count <= limits.alternativesMax else { throw tooMany(node) }
        }
        if choice.keyword == "oneOf" { try SchemaExclusion(context: context).check(node, groups) }
        return result
    }

    private func tooMany(_ node: SchemaNode) -> GrammarError {
        let pointer = node.pointer
        return GrammarError(
            .limitExceeded,
            "\(pointer): more than \(limits.alternativesMax) combinations of allOf, anyOf, oneOf and $ref",
            keyword: ["anyOf", "oneOf", "allOf", "$ref"].first { node[$0] != nil }, pointer: pointer)
    }
}
