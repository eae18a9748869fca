import TerseJSON

/// The types that a set of schemas allows, those that `not` takes away left out.
enum SchemaNegation {
    /// - Throws: `.unsupportedKeyword` for a `not` that says more than types.
    static func types(of nodes: [SchemaNode]) throws(GrammarError) -> SchemaTypes {
        var types = try SchemaTypes(ofAll: nodes)
        for node in nodes {
            guard let inner = node.child("not") else { continue }
            types.subtract(try excluded(by: inner, of: node))
        }
        if types.contains(.fraction), !types.contains(.integer) {
            guard let node = nodes.first(where: { $0["not"] != nil }) else { return types }
            throw node.refusal("not", "excludes integers from numbers, which cannot be enforced")
        }
        return types
    }

    private static func excluded(by schema: SchemaNode, of node: SchemaNode) throws(GrammarError) -> SchemaTypes {
        if let always = schema.schema.boolValue { return always ? .all : [] }
        guard let object = schema.schema.objectValue else { throw node.invalid("not", "must be a schema") }
        let keywords = object.keys.filter { !SchemaKeywords.silent.contains($0) }
        if keywords.isEmpty { return .all }
        guard keywords == ["type"] else {
            throw node.refusal("not", "can be enforced for types alone, or beside enum and const")
        }
        return try SchemaTypes(schema)
    }
}
