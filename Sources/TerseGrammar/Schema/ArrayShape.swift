import TerseJSON

/// Which arrays a set of schemas allows.
struct ArrayShape {
    private(set) var minimum = 0
    private(set) var maximum: Int?
    /// Of the elements at the front, one by one.
    private(set) var prefix: [[SchemaNode]] = []
    /// Of all elements after.
    private(set) var rest: [SchemaNode] = []

    init(_ nodes: [SchemaNode]) throws(GrammarError) {
        var length = 0
        for node in nodes {
            minimum = max(minimum, try node.count("minItems") ?? 0)
            if let bound = try node.count("maxItems") { maximum = min(maximum ?? bound, bound) }
            length = max(length, try node.children("prefixItems").count)
            if let items = node["items"] {
                guard items.arrayValue == nil else {
                    throw node.refusal("items", "is an array, as before draft 2020-12: use prefixItems")
                }
                rest.append(node.child("items", value: items))
            }
        }
        for index in 0..<length {
            var schemas: [SchemaNode] = []
            for node in nodes {
                let listed = try node.children("prefixItems")
                if index < listed.count {
                    schemas.append(listed[index])
                } else if let items = node["items"] {
                    schemas.append(node.child("items", value: items))
                }
            }
            prefix.append(schemas)
        }
        for node in nodes where node["uniqueItems"]?.boolValue == true && maximum ?? 2 > 1 {
            throw node.refusal("uniqueItems", "cannot be enforced: a grammar does not remember what it has read")
        }
    }
}
