import TerseJSON

/// Resolves a schema's references and choices: what is left are sets of schemas of which a value must obey all of one set.
struct SchemaAlternatives {
    let document: SchemaDocument
    let limits: GrammarLimits

    /// A schema still to be looked at, and the references that led to it.
    private struct Pending {
        var node: SchemaNode
        var path: [String]
    }

    /// The sets, each with its schemas in order of appearance; those that say nothing are left out. None: no value fits.
    func alternatives(of nodes: [SchemaNode]) throws(GrammarError) -> [[SchemaNode]] {
        let found = try expand(nodes.map { Pending(node: $0, path: []) }, done: [])
        var seen: Set<[String]> = []
        return found.map { $0.filter(SchemaKeywords.asserts) }.filter {
            seen.insert($0.map(\.pointer).sorted()).inserted
        }
    }

    private func expand(_ pending: [Pending], done: [SchemaNode]) throws(GrammarError) -> [[SchemaNode]] {
        var pending = pending[...]
        var done = done
        while let next = pending.popFirst() {
            let node = next.node
            if node.schema.boolValue == false { return [] }
            if node.schema.boolValue == true || done.contains(where: { $0.pointer == node.pointer }) { continue }
            try SchemaKeywords.check(node)
            done.append(node)
            guard done.count + pending.count <= limits.maximumAlternatives else { throw tooMany(node) }
            let path = next.path + [node.pointer]
            if let target = try document.target(of: node) {
                guard !path.contains(target.pointer) else {
                    throw node.refusal("$ref", "leads back to itself with no value between")
                }
                pending.append(Pending(node: target, path: path))
            }
            pending.append(contentsOf: try node.children("allOf").map { Pending(node: $0, path: path) })
            for keyword in ["anyOf", "oneOf"] where node[keyword] != nil {
                let rest = Array(pending) + (keyword == "anyOf" && node["oneOf"] != nil ? try oneOf(node, path) : [])
                return try branches(node, keyword, path, rest, done)
            }
        }
        return [done]
    }

    private func branches(
        _ node: SchemaNode, _ keyword: String, _ path: [String], _ rest: [Pending], _ done: [SchemaNode]
    ) throws(GrammarError) -> [[SchemaNode]] {
        let children = try node.children(keyword)
        guard path.count <= limits.maximumGroupDepth else { throw tooMany(node) }
        var result: [[SchemaNode]] = []
        var groups: [[[SchemaNode]]] = []
        for child in children {
            let found = try expand([Pending(node: child, path: path)] + rest, done: done)
            result.append(contentsOf: found)
            groups.append(found)
            guard result.count <= limits.maximumAlternatives else { throw tooMany(node) }
        }
        if keyword == "oneOf" { try SchemaExclusion(document: document, limits: limits).check(node, groups) }
        return result
    }

    /// A schema with both `anyOf` and `oneOf`: the second waits as a schema of its own.
    private func oneOf(_ node: SchemaNode, _ path: [String]) throws(GrammarError) -> [Pending] {
        guard let value = node["oneOf"] else { return [] }
        let schema = JSONValue.object(["oneOf": value])
        let apart = SchemaNode(schema, pointer: node.pointer + "/oneOf", resource: node.resource)
        return [Pending(node: apart, path: path)]
    }

    private func tooMany(_ node: SchemaNode) -> GrammarError {
        GrammarError(
            .limitExceeded,
            "\(node.pointer): more than \(limits.maximumAlternatives) combinations of allOf, anyOf, oneOf and $ref",
            keyword: ["anyOf", "oneOf", "allOf", "$ref"].first { node[$0] != nil }, pointer: node.pointer)
    }
}
