import TerseJSON

/// Validates the values that a schema itself lists (`enum`, `const`, names of properties) against its other keywords.
struct LiteralCheck {
    let document: SchemaDocument
    let limits: GrammarLimits

    /// Schemas inside one another.
    private static let maximumDepth = 64

    /// - Throws: `GrammarError` when the schema has keywords that are not known here.
    func fits(_ value: JSONValue, _ node: SchemaNode) throws(GrammarError) -> Bool { try fits(value, node, 0) }

    private func fits(_ value: JSONValue, _ node: SchemaNode, _ depth: Int) throws(GrammarError) -> Bool {
        if let always = node.schema.boolValue { return always }
        try SchemaKeywords.check(node)
        guard depth < Self.maximumDepth else { throw node.refusal("$ref", "leads too deep to check listed values") }
        if let target = try document.target(of: node), try !fits(value, target, depth + 1) { return false }
        for child in try node.children("allOf") where try !fits(value, child, depth + 1) { return false }
        if node["anyOf"] != nil, try count(value, node.children("anyOf"), depth) == 0 { return false }
        if node["oneOf"] != nil, try count(value, node.children("oneOf"), depth) != 1 { return false }
        if let inner = node["not"], try fits(value, node.child("not", value: inner), depth + 1) { return false }
        guard try SchemaTypes(node).isSuperset(of: SchemaTypes(of: value)) else { return false }
        if let constant = node["const"], !constant.isSame(as: value) { return false }
        if let listed = node["enum"] {
            guard let values = listed.arrayValue else { throw node.invalid("enum", "must be an array") }
            if !values.contains(where: { $0.isSame(as: value) }) { return false }
        }
        switch value {
        case .null, .bool: return true
        case .integer, .number: return try numberFits(value, node)
        case .string(let text): return try stringFits(text, node)
        case .array(let elements): return try arrayFits(elements, node, depth)
        case .object(let object): return try objectFits(object, node, depth)
        }
    }

    private func count(_ value: JSONValue, _ nodes: [SchemaNode], _ depth: Int) throws(GrammarError) -> Int {
        var count = 0
        for node in nodes where try fits(value, node, depth + 1) { count += 1 }
        return count
    }

    private func numberFits(_ value: JSONValue, _ node: SchemaNode) throws(GrammarError) -> Bool {
        guard let number = value.doubleValue else { return false }
        if let bound = node["minimum"]?.doubleValue, number < bound { return false }
        if let bound = node["maximum"]?.doubleValue, number > bound { return false }
        if let bound = node["exclusiveMinimum"]?.doubleValue, number <= bound { return false }
        if let bound = node["exclusiveMaximum"]?.doubleValue, number >= bound { return false }
        if let step = node["multipleOf"]?.doubleValue {
            let quotient = number / step
            if quotient != quotient.rounded() || !quotient.isFinite { return false }
        }
        return true
    }

    private func stringFits(_ text: String, _ node: SchemaNode) throws(GrammarError) -> Bool {
        let length = text.unicodeScalars.count
        if let bound = try node.count("minLength"), length < bound { return false }
        if let bound = try node.count("maxLength"), length > bound { return false }
        if let automaton = try StringShape.format(node, limits), !automaton.accepts(text) { return false }
        guard node["pattern"] != nil else { return true }
        return try StringShape.matches(text, node, "pattern", limits)
    }

    private func arrayFits(_ elements: [JSONValue], _ node: SchemaNode, _ depth: Int) throws(GrammarError) -> Bool {
        if let bound = try node.count("minItems"), elements.count < bound { return false }
        if let bound = try node.count("maxItems"), elements.count > bound { return false }
        if node["uniqueItems"]?.boolValue == true {
            for (index, element) in elements.enumerated() {
                if elements[..<index].contains(where: { $0.isSame(as: element) }) { return false }
            }
        }
        let prefix = try node.children("prefixItems")
        let rest = node["items"].map { node.child("items", value: $0) }
        for (index, element) in elements.enumerated() {
            guard let schema = index < prefix.count ? prefix[index] : rest else { continue }
            guard try fits(element, schema, depth + 1) else { return false }
        }
        return true
    }

    private func objectFits(_ object: JSONObject, _ node: SchemaNode, _ depth: Int) throws(GrammarError) -> Bool {
        if let bound = try node.count("minProperties"), object.count < bound { return false }
        if let bound = try node.count("maxProperties"), object.count > bound { return false }
        for name in node["required"]?.arrayValue ?? [] {
            guard let name = name.stringValue else { throw node.invalid("required", "must be an array of strings") }
            if object[name] == nil { return false }
        }
        for (name, value) in object {
            if let names = node["propertyNames"] {
                guard try fits(.string(name), node.child("propertyNames", value: names), depth + 1) else {
                    return false
                }
            }
            for schema in try ObjectShape.schemas(of: name, in: node, limits) {
                guard try fits(value, schema, depth + 1) else { return false }
            }
        }
        return true
    }
}

extension JSONValue {
    /// Equality as JSON Schema has it: by value, so that 1 is 1.0.
    func isSame(as other: JSONValue) -> Bool {
        switch (self, other) {
        case (.integer, .number), (.number, .integer): doubleValue == other.doubleValue
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        case (.object(let left), .object(let right)):
            left.count == right.count
                && left.allSatisfy { member in right[member.key].map { member.value.isSame(as: $0) } ?? false }
        default: self == other
        }
    }
}
