import TerseJSON

/// Proves that no value fits two branches of a `oneOf`.
struct SchemaExclusion {
    let document: SchemaDocument
    let limits: GrammarLimits

    /// How deep required members are compared.
    private static let maximumDepth = 3

    /// - Throws: `.unsupportedKeyword` when it cannot be proved.
    func check(_ node: SchemaNode, _ groups: [[[SchemaNode]]]) throws(GrammarError) {
        for left in groups.indices {
            for right in groups.indices where left < right {
                for one in groups[left] {
                    for other in groups[right] where try !exclude(one, other, depth: 0) {
                        throw node.refusal(
                            "oneOf",
                            "has branches \(left) and \(right) that one value might fit: tell them apart by type, by const "
                                + "or by a required property with const, or use anyOf")
                    }
                }
            }
        }
    }

    private func exclude(_ left: [SchemaNode], _ right: [SchemaNode], depth: Int) throws(GrammarError) -> Bool {
        if try types(left).isDisjoint(with: types(right)) { return true }
        if let literals = try literals(left) { return try noneFits(literals, right) }
        if let literals = try literals(right) { return try noneFits(literals, left) }
        if try rangesAreApart(left, right) { return true }
        return try membersAreApart(left, right, depth: depth)
    }

    /// Two objects that both have a member whose schemas exclude each other.
    private func membersAreApart(_ left: [SchemaNode], _ right: [SchemaNode], depth: Int) throws(GrammarError) -> Bool {
        guard depth < Self.maximumDepth, try types(left).intersection(types(right)) == .object else { return false }
        let alternatives = SchemaAlternatives(document: document, limits: limits)
        for name in required(left) where required(right).contains(name) {
            let ours = try alternatives.alternatives(of: members(left, name))
            let theirs = try alternatives.alternatives(of: members(right, name))
            var areApart = true
            for one in ours {
                for other in theirs where areApart { areApart = try exclude(one, other, depth: depth + 1) }
            }
            if areApart { return true }
        }
        return false
    }

    private func types(_ nodes: [SchemaNode]) throws(GrammarError) -> SchemaTypes {
        var types = SchemaTypes.all
        for node in nodes { types.formIntersection(try SchemaTypes(node)) }
        return types
    }

    private func literals(_ nodes: [SchemaNode]) throws(GrammarError) -> [JSONValue]? {
        for node in nodes {
            if let value = node["const"] { return [value] }
            if let values = node["enum"]?.arrayValue { return values }
        }
        return nil
    }

    private func noneFits(_ literals: [JSONValue], _ nodes: [SchemaNode]) throws(GrammarError) -> Bool {
        let check = LiteralCheck(document: document, limits: limits)
        for literal in literals {
            var fits = true
            for node in nodes where fits { fits = try check.fits(literal, node) }
            if fits { return false }
        }
        return true
    }

    /// Two numbers, one bounded from above where the other is bounded from below.
    private func rangesAreApart(_ left: [SchemaNode], _ right: [SchemaNode]) throws(GrammarError) -> Bool {
        guard try types(left).intersection(types(right)).isSubset(of: .number) else { return false }
        return isBelow(left, right) || isBelow(right, left)
    }

    private func isBelow(_ left: [SchemaNode], _ right: [SchemaNode]) -> Bool {
        for upper in left {
            for lower in right {
                for (top, isTopOut) in [(upper["maximum"], false), (upper["exclusiveMaximum"], true)] {
                    for (bottom, isBottomOut) in [(lower["minimum"], false), (lower["exclusiveMinimum"], true)] {
                        guard let top = top?.doubleValue, let bottom = bottom?.doubleValue else { continue }
                        if top < bottom || (top == bottom && (isTopOut || isBottomOut)) { return true }
                    }
                }
            }
        }
        return false
    }

    private func required(_ nodes: [SchemaNode]) -> [String] {
        nodes.flatMap { $0["required"]?.arrayValue?.compactMap(\.stringValue) ?? [] }
    }

    private func members(_ nodes: [SchemaNode], _ name: String) -> [SchemaNode] {
        nodes.compactMap { node in
            node["properties"]?[name].map { node.child("properties", name, value: $0) }
        }
    }
}
