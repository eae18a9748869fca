import TerseJSON

/// Proves that no value fits two branches of a `oneOf`.
struct SchemaExclusion {
    let context: SchemaContext

    /// How deep required members are compared.
    private static let depthMax = 3

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
        try context.meter.spend(8 + left.count + right.count)
        if try SchemaTypes(ofAll: left).isDisjoint(with: SchemaTypes(ofAll: right)) { return true }
        if try listApart(left, right) { return true }
        if let literals = try literals(left) { return try noneFits(literals, right) }
        if let literals = try literals(right) { return try noneFits(literals, left) }
        if try rangesAreApart(left, right) { return true }
        return try membersAreApart(left, right, depth: depth)
    }

    /// Two objects that both have a member whose schemas exclude each other.
    private func membersAreApart(_ left: [SchemaNode], _ right: [SchemaNode], depth: Int) throws(GrammarError) -> Bool {
        guard depth < Self.depthMax,
            try SchemaTypes(ofAll: left).intersection(SchemaTypes(ofAll: right)) == .object
        else { return false }
        let alternatives = SchemaAlternatives(context: context)
        let others = Set(try required(right).map { Array($0.utf8) })
        for name in try required(left) where others.contains(Array(name.utf8)) {
            let ours = try alternatives.alternatives(of: members(left, name))
            let theirs = try alternatives.alternatives(of: members(right, name))
            var areApart = true
            for one in ours {
                for other in theirs where areApart {
                    areApart = try exclude(one, other, depth: depth + 1)
                }
            }
            if areApart { return true }
        }
        return false
    }

    private func literals(_ nodes: [SchemaNode]) throws(GrammarError) -> [JSONValue]? {
        for node in nodes {
            if let values = try SchemaContext.values(listedBy: node) { return values }
        }
        return nil
    }

    /// Whether both list values, and no value is in both lists.
    private func listApart(_ left: [SchemaNode], _ right: [SchemaNode]) throws(GrammarError) -> Bool {
        for one in left {
            guard let ours = try context.listedValues(one) else { continue }
            for other in right {
                guard let theirs = try context.listedValues(other) else { continue }
                try context.meter.spend(min(ours.count, theirs.count))
                if ours.isDisjoint(with: theirs) { return true }
            }
        }
        return false
    }

    private func noneFits(_ literals: [JSONValue], _ nodes: [SchemaNode]) throws(GrammarError) -> Bool {
        let check = LiteralCheck(context: context)
        for literal in literals where try check.fits(literal, nodes) { return false }
        return true
    }

    /// Two numbers, one bounded from above where the other is bounded from below.
    private func rangesAreApart(_ left: [SchemaNode], _ right: [SchemaNode]) throws(GrammarError) -> Bool {
        guard try SchemaTypes(ofAll: left).intersection(SchemaTypes(ofAll: right)).isSubset(of: .number) else {
            return false
        }
        try context.meter.spend(2 * left.count * right.count)
        return isBelow(left, right) || isBelow(right, left)
    }

    private func isBelow(_ left: [SchemaNode], _ right: [SchemaNode]) -> Bool {
        for upper in left {
            for lower in right {
                for (top, isTopOut) in [(upper["maximum"], false), (upper["exclusiveMaximum"], true)] {
                    for (bottom, isBottomOut) in [(lower["minimum"], false), (lower["exclusiveMinimum"], true)] {
                        guard let top = top.flatMap(DecimalNumber.init),
                            let bottom = bottom.flatMap(DecimalNumber.init)
                        else { continue }
                        if top < bottom || (top == bottom && (isTopOut || isBottomOut)) { return true }
                    }
                }
            }
        }
        return false
    }

    private func required(_ nodes: [SchemaNode]) throws(GrammarError) -> [String] {
        var names: [String] = []
        for node in nodes { names += try SchemaContext.required(by: node) }
        try context.meter.spend(names.count)
        return names
    }

    private func members(_ nodes: [SchemaNode], _ name: String) -> [SchemaNode] {
        nodes.compactMap { $0.child("properties", name) }
    }
}
