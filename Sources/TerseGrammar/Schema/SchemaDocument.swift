import TerseJSON

/// The document that references of a schema point into.
struct SchemaDocument: Sendable {
    let root: SchemaNode
    /// Pointers of schemas by absolute `$id`; nil where two have the same.
    private var resources: [String: String?] = [:]
    /// Pointers by resource and `$anchor`.
    private var anchors: [String: String?] = [:]

    /// - Throws: `.limitExceeded` for nesting that no schema needs.
    init(_ schema: JSONValue) throws(GrammarError) {
        root = SchemaNode(schema, pointer: "#", resource: "#")
        try index(schema, "#", "#", 0)
    }

    private static let maximumDepth = 200

    private mutating func index(_ value: JSONValue, _ pointer: String, _ resource: String, _ depth: Int)
        throws(GrammarError)
    {
        guard depth < Self.maximumDepth else {
            throw GrammarError(.limitExceeded, "the schema has more than \(Self.maximumDepth) levels")
        }
        switch value {
        case .array(let elements):
            for (position, element) in elements.enumerated() {
                try index(element, "\(pointer)/\(position)", resource, depth + 1)
            }
        case .object(let object):
            let node = SchemaNode(value, pointer: pointer, resource: resource)
            if let id = object["$id"]?.stringValue { note(id.trimmingFragment, pointer, in: &resources) }
            if let anchor = object["$anchor"]?.stringValue { note("\(node.resource) \(anchor)", pointer, in: &anchors) }
            for (key, member) in object where key != "enum" && key != "const" {
                try index(member, node.child(key, value: .null).pointer, node.resource, depth + 1)
            }
        default: break
        }
    }

    private func note(_ key: String, _ pointer: String, in table: inout [String: String?]) {
        table[key] = .some(table[key] == nil ? pointer : nil)
    }

    /// What the `$ref` of `node` means: within this document alone.
    func target(of node: SchemaNode) throws(GrammarError) -> SchemaNode? {
        guard let value = node["$ref"] else { return nil }
        guard let reference = value.stringValue else { throw node.invalid("$ref", "must be a string") }
        let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        var resource = node.resource
        if !parts[0].isEmpty {
            // Relative addresses would need the rules of RFC 3986; whole ones are compared as they are.
            guard parts[0].contains(":"), let known = resources[String(parts[0])], let known else {
                throw node.refusal(
                    "$ref", "refers to \"\(reference)\", which is not in the document under this address")
            }
            resource = known
        }
        let fragment = parts.count > 1 ? String(parts[1]) : ""
        if !fragment.isEmpty, !fragment.hasPrefix("/") {
            guard let anchored = anchors["\(resource) \(fragment)"], let pointer = anchored,
                let found = self.node(at: pointer)
            else { throw node.refusal("$ref", "refers to the anchor \"\(fragment)\", which is not there once") }
            return found
        }
        guard let decoded = fragment.removingPercentEscapes, let found = self.node(at: resource + decoded) else {
            throw node.refusal("$ref", "refers to \"\(reference)\", which is not in the document")
        }
        guard found.schema.objectValue != nil || found.schema.boolValue != nil else {
            throw node.refusal("$ref", "refers to \"\(reference)\", which is no schema")
        }
        return found
    }

    private func node(at pointer: String) -> SchemaNode? {
        var found = root
        for step in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let key = String(step).replacing("~1", with: "/").replacing("~0", with: "~")
            let value = found.schema[key] ?? Int(key).flatMap { found.schema[$0] }
            guard let value else { return nil }
            found = found.child(key, value: value)
        }
        return found
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
