import TerseJSON

/// Which arrays a set of schemas allows.
struct ArrayShape {
    private(set) var minimum = 0
    private(set) var maximum: Int?
    /// Of the elements at the front, one by one.
    private(set) var prefix: [[SchemaNode]] = []
    /// Of all elements after.
    private(set) var rest: [SchemaNode] = []

    init(_ nodes: [SchemaNode], _ meter: WorkMeter) throws(GrammarError) {
        var length = 0
        for node in nodes {
            minimum = max(minimum, try node.count("minItems") ?? 0)
            if let bound = try node.count("maxItems") { maximum = min(maximum ?? bound, bound) }
            let listed = node["prefixItems"]?.arrayValue?.count ?? 0
            guard listed <= meter.limits.repetitionMax else {
                throw node.refusal("prefixItems", "lists more than \(meter.limits.repetitionMax) elements")
            }
            length = max(length, try node.children("prefixItems").count)
            if let items = node.child("items") {
                guard items.schema.arrayValue == nil else {
                    throw node.refusal("items", "is an array, as before draft 2020-12: use prefixItems")
                }
                rest.append(items)
            }
        }
        try meter.spend(length * nodes.count)
        prefix = [[SchemaNode]](repeating: [], count: length)
        for node in nodes {
            let listed = try node.children("prefixItems")
            for index in 0..<length {
                if let schema = index < listed.count ? listed[index] : node.child("items") {
                    prefix[index].append(schema)
                }
            }
        }
        for node in nodes where node["uniqueItems"]?.boolValue == true && maximum ?? 2 > 1 {
            throw node.refusal("uniqueItems", "cannot be enforced: a grammar does not remember what it has read")
        }
    }
}
