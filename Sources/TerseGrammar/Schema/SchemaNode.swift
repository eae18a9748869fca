import TerseJSON

/// A schema within a document.
struct SchemaNode: Sendable {
    let schema: JSONValue
    /// From the document's root: `#/properties/name`.
    let pointer: String
    /// The pointer of the nearest schema above that has an `$id`, against which references are resolved.
    let resource: String

    init(_ schema: JSONValue, pointer: String, resource: String) {
        self.schema = schema
        self.pointer = pointer
        self.resource = schema["$id"]?.stringValue == nil ? resource : pointer
    }

    subscript(keyword: String) -> JSONValue? { schema[keyword] }

    /// The value at `path` below as a schema of its own.
    func child(_ path: String..., value: JSONValue) -> SchemaNode {
        let steps = path.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }
        return SchemaNode(value, pointer: pointer + steps.joined(), resource: resource)
    }

    /// The schemas of an array such as `anyOf`.
    func children(_ keyword: String) throws(GrammarError) -> [SchemaNode] {
        guard let value = self[keyword] else { return [] }
        guard let elements = value.arrayValue, !elements.isEmpty || keyword == "prefixItems" else {
            throw invalid(keyword, "must be an array of schemas")
        }
        return elements.enumerated().map { child(keyword, String($0.offset), value: $0.element) }
    }

    /// The members of an object such as `properties`.
    func members(_ keyword: String) throws(GrammarError) -> JSONObject {
        guard let value = self[keyword] else { return JSONObject() }
        guard let object = value.objectValue else { throw invalid(keyword, "must be an object of schemas") }
        return object
    }

    /// A keyword's value that counts something.
    func count(_ keyword: String) throws(GrammarError) -> Int? {
        guard let value = self[keyword] else { return nil }
        guard let count = value.intValue, count >= 0 else { throw invalid(keyword, "must be a whole number from 0 on") }
        return count
    }

    func invalid(_ keyword: String, _ reason: String) -> GrammarError {
        GrammarError(
            .invalidSchema, "\(pointer): the keyword \"\(keyword)\" \(reason)", keyword: keyword, pointer: pointer)
    }

    func refusal(_ keyword: String, _ reason: String) -> GrammarError {
        GrammarError(
            .unsupportedKeyword, "\(pointer): the keyword \"\(keyword)\" \(reason)", keyword: keyword,
            pointer: pointer)
    }
}
