import TerseJSON

/// Validates the values that a schema itself lists (`enum`, `const`, names of properties) against its other keywords.
struct LiteralCheck {
    let context: SchemaContext

    private var meter: WorkMeter { context.meter }

    /// Schemas inside one another.
    private static let depthMax = 64

    /// A value, and which schemas it was found to fit: many may lead to one.
    private final class Subject {
        let value: JSONValue
        var fits: [Int: Bool] = [:]

        init(_ value: JSONValue) { self.value = value }
    }

    /// Whether `value` fits all of `nodes`.
    /// - Throws: `GrammarError` when a schema has keywords that are not known here.
    func fits(_ value: JSONValue, _ nodes: [SchemaNode]) throws(GrammarError) -> Bool {
        let subject = Subject(value)
        for node in nodes where try !fits(subject, node, 0) { return false }
        return true
    }

    private func fits(_ subject: Subject, _ node: SchemaNode, _ depth: Int) throws(GrammarError) -> Bool {
        if let always = node.schema.boolValue { return always }
        try meter.spend(2)
        if let known = subject.fits[node.number] { return known }
        guard depth < Self.depthMax else { throw node.refusal("$ref", "leads too deep to check listed values") }
        try SchemaKeywords.check(node, meter)
        var result = try obeysOthers(subject, node, depth + 1)
        if result { result = try obeys(subject, node, depth + 1) }
        subject.fits[node.number] = result
        return result
    }

    /// What the schema's references and choices say.
    private func obeysOthers(_ subject: Subject, _ node: SchemaNode, _ depth: Int) throws(GrammarError) -> Bool {
        if let target = try context.document.target(of: node), try !fits(subject, target, depth) { return false }
        for child in try node.children("allOf") where try !fits(subject, child, depth) { return false }
        if node["anyOf"] != nil, try count(subject, node.children("anyOf"), depth, upTo: 1) == 0 { return false }
        if node["oneOf"] != nil, try count(subject, node.children("oneOf"), depth, upTo: 2) != 1 { return false }
        if let inner = node.child("not"), try fits(subject, inner, depth) { return false }
        return true
    }

    private func count(_ subject: Subject, _ nodes: [SchemaNode], _ depth: Int, upTo limit: Int)
        throws(GrammarError) -> Int
    {
        var count = 0
        for node in nodes where try fits(subject, node, depth) {
            count += 1
            if count == limit { break }
        }
        return count
    }

    /// What the schema's other keywords say.
    private func obeys(_ subject: Subject, _ node: SchemaNode, _ depth: Int) throws(GrammarError) -> Bool {
        let value = subject.value
        guard try SchemaTypes(node).isSuperset(of: SchemaTypes(of: value)) else { return false }
        if let listed = try context.listedValues(node), try !listed.contains(CanonicalValue(value, meter)) {
            return false
        }
        switch value {
        case .null, .bool: return true
        case .integer, .number: return try numberFits(value, node)
        case .string(let text): return try stringFits(text, node)
        case .array(let elements): return try arrayFits(elements, node, depth)
        case .object(let object): return try objectFits(object, node, depth)
        }
    }

    private func numberFits(_ value: JSONValue, _ node: SchemaNode) throws(GrammarError) -> Bool {
        guard let number = DecimalNumber(value) else { return false }
        if let bound = node["minimum"].flatMap(DecimalNumber.init), number < bound { return false }
        if let bound = node["maximum"].flatMap(DecimalNumber.init), bound < number { return false }
        if let bound = node["exclusiveMinimum"].flatMap(DecimalNumber.init), !(bound < number) { return false }
        if let bound = node["exclusiveMaximum"].flatMap(DecimalNumber.init), !(number < bound) { return false }
        guard let step = node["multipleOf"], let exact = DecimalNumber(step), exact.sign > 0 else { return true }
        let quotient = (value.doubleValue ?? 0) / (step.doubleValue ?? 0)
        let isMultiple = number.isMultiple(of: exact)
        guard isMultiple == (quotient.isFinite && quotient == quotient.rounded()) else {
            throw node.refusal("multipleOf", "means different things to different validators for \(value)")
        }
        return isMultiple
    }

    private func stringFits(_ text: String, _ node: SchemaNode) throws(GrammarError) -> Bool {
        try meter.spend(1 + text.utf8.count / 8)
        let length = text.unicodeScalars.count
        if let bound = try node.count("minLength"), length < bound { return false }
        if let bound = try node.count("maxLength"), length > bound { return false }
        if let automaton = try StringShape.format(node) {
            try meter.spend(text.utf8.count)
            guard automaton.accepts(text) else { return false }
        }
        guard let pattern = node["pattern"] else { return true }
        guard let pattern = pattern.stringValue else { throw node.invalid("pattern", "must be a string") }
        return try context.matches(text, pattern, node, "pattern")
    }

    private func arrayFits(_ elements: [JSONValue], _ node: SchemaNode, _ depth: Int) throws(GrammarError) -> Bool {
        try meter.spend(elements.count)
        if let bound = try node.count("minItems"), elements.count < bound { return false }
        if let bound = try node.count("maxItems"), elements.count > bound { return false }
        if node["uniqueItems"]?.boolValue == true {
            var seen: Set<CanonicalValue> = []
            for element in elements where try !seen.insert(CanonicalValue(element, meter)).inserted { return false }
        }
        let prefix = try node.children("prefixItems")
        let rest = node.child("items")
        for (index, element) in elements.enumerated() {
            guard let schema = index < prefix.count ? prefix[index] : rest else { continue }
            guard try fits(Subject(element), schema, depth) else { return false }
        }
        return true
    }

    private func objectFits(_ object: JSONObject, _ node: SchemaNode, _ depth: Int) throws(GrammarError) -> Bool {
        if let bound = try node.count("minProperties"), object.count < bound { return false }
        if let bound = try node.count("maxProperties"), object.count > bound { return false }
        let required = try SchemaContext.required(by: node)
        try meter.spend(object.count + required.count)
        for name in required where object[name] == nil { return false }
        for (name, value) in object {
            if let names = node.child("propertyNames"), try !fits(Subject(.string(name)), names, depth) {
                return false
            }
            let subject = Subject(value)
            for schema in try ObjectShape.schemas(of: name, in: node, context) {
                guard try fits(subject, schema, depth) else { return false }
            }
        }
        return true
    }
}
