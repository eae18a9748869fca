import TerseJSON

/// The document that references of a schema point into.
struct SchemaDocument {
    let root: SchemaNode
    /// Schemas by absolute `$id`; nil where two have the same.
    private var resources: [[UInt8]: SchemaNode?] = [:]
    /// Schemas by resource and `$anchor`.
    private var anchors: [Anchor: SchemaNode?] = [:]
    private let meter: WorkMeter

    private struct Anchor: Hashable {
        var resource: Int
        var name: [UInt8]
    }

    /// What a value in a schema is: a schema, an object of schemas by name, or a value that only looks like one.
    private enum Role { case schema, schemasByName, data }

    /// - Throws: `.limitExceeded` for size and nesting that no schema needs.
    init(_ schema: JSONValue, _ meter: WorkMeter) throws(GrammarError) {
        root = SchemaNode(schema)
        self.meter = meter
        var path: [String] = []
        var bytes = 0
        try index(schema, .schema, &path, &bytes)
    }

    private static let depthMax = 200

    /// Notes identifiers, and counts what the schema's text has at least.
    private mutating func index(_ value: JSONValue, _ role: Role, _ path: inout [String], _ bytes: inout Int)
        throws(GrammarError)
    {
        guard path.count < Self.depthMax else {
            throw GrammarError(.limitExceeded, "the schema has more than \(Self.depthMax) levels")
        }
        bytes += 2 + (value.stringValue?.utf8.count ?? 0)
        guard bytes <= meter.limits.textBytesMax else {
            throw GrammarError(.limitExceeded, "the schema has more than \(meter.limits.textBytesMax) bytes")
        }
        switch value {
        case .array(let elements):
            for (position, element) in elements.enumerated() {
                path.append(String(position))
                try index(element, role, &path, &bytes)
                path.removeLast()
            }
        case .object(let object):
            if role == .schema { note(object, path) }
            for (key, member) in object {
                bytes += key.utf8.count
                path.append(key)
                try index(member, Self.role(of: key, in: role), &path, &bytes)
                path.removeLast()
            }
        default: break
        }
    }

    private static func role(of key: String, in role: Role) -> Role {
        switch (role, key) {
        case (.data, _): .data
        case (.schemasByName, _): .schema
        case (.schema, "enum"), (.schema, "const"), (.schema, "default"), (.schema, "examples"): .data
        case (.schema, "properties"), (.schema, "patternProperties"), (.schema, "$defs"), (.schema, "definitions"):
            .schemasByName
        case (.schema, _): .schema
        }
    }

    private mutating func note(_ object: JSONObject, _ path: [String]) {
        let (id, anchor) = (object["$id"]?.stringValue, object["$anchor"]?.stringValue)
        guard id != nil || anchor != nil, let node = root.descendant(path) else { return }
        if let id {
            let key = Array(id.trimmingFragment.utf8)
            resources[key] = .some(resources[key] == nil ? node : nil)
        }
        if let anchor {
            let key = Anchor(resource: node.resource.number, name: Array(anchor.utf8))
            anchors[key] = .some(anchors[key] == nil ? node : nil)
        }
    }

    /// What the `$ref` of `node` means: within this document alone.
    func target(of node: SchemaNode) throws(GrammarError) -> SchemaNode? {
        guard let value = node["$ref"] else { return nil }
        if let known = node.knownTarget { return known }
        guard let reference = value.stringValue else { throw node.invalid("$ref", "must be a string") }
        try meter.spend(1 + reference.utf8.count)
        let target = try find(reference, from: node)
        node.knownTarget = target
        return target
    }

    private func find(_ reference: String, from node: SchemaNode) throws(GrammarError) -> SchemaNode {
        let told = reference.shortened
        let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        var resource = node.resource
        if !parts[0].isEmpty {
            // Relative addresses would need the rules of RFC 3986; whole ones are compared as they are.
            guard parts[0].contains(":"), let known = resources[Array(parts[0].utf8)], let known else {
                throw node.refusal("$ref", "refers to \"\(told)\", which is not in the document under this address")
            }
            resource = known
        }
        let fragment = parts.count > 1 ? String(parts[1]) : ""
        if !fragment.isEmpty, !fragment.hasPrefix("/") {
            guard let anchored = anchors[Anchor(resource: resource.number, name: Array(fragment.utf8))],
                let found = anchored
            else { throw node.refusal("$ref", "refers to the anchor \"\(told)\", which is not there once") }
            return found
        }
        guard let decoded = fragment.removingPercentEscapes, let found = resource.descendant(pointer: decoded) else {
            throw node.refusal("$ref", "refers to \"\(told)\", which is not in the document")
        }
        guard found.schema.objectValue != nil || found.schema.boolValue != nil else {
            throw node.refusal("$ref", "refers to \"\(told)\", which is no schema")
        }
        return found
    }
}

extension SchemaNode {
    /// What an RFC 6901 JSON pointer means from here.
    fileprivate func descendant(pointer: String) -> SchemaNode? {
        descendant(
            pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
                String($0).replacing("~1", with: "/").replacing("~0", with: "~")
            })
    }
}

extension String {
    fileprivate var trimmingFragment: String { hasSuffix("#") ? String(dropLast()) : self }

    /// The text that percent escapes stand for (RFC 3986); nil when it is no UTF-8.
    fileprivate var removingPercentEscapes: String? {
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
