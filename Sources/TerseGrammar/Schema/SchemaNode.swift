import TerseJSON

/// A schema within a document, or a place that holds schemas. Each place has one node, made when it is first asked for and
/// kept by the one above it, so that places are compared by number.
///
/// Belongs to the compilation of one schema, on one thread.
final class SchemaNode {
    let schema: JSONValue
    /// Different for each node of a document.
    let number: Int
    private unowned let parent: SchemaNode?
    /// The key or index in the parent.
    private let step: String
    private let numbering: Numbering
    private var steps: [[UInt8]: SchemaNode] = [:]
    private var lists: [String: [SchemaNode]] = [:]
    /// What the schema's `$ref` was found to mean.
    unowned var knownTarget: SchemaNode? = nil
    /// A schema that no value fits, in the place of `propertyNames`.
    private(set) lazy var forbidden: SchemaNode = made("propertyNames", false)

    private final class Numbering {
        var count = 0
    }

    /// The root of a document.
    init(_ schema: JSONValue) {
        (self.schema, parent, step) = (schema, nil, "")
        (numbering, number) = (Numbering(), 0)
    }

    private init(_ schema: JSONValue, _ step: String, below parent: SchemaNode) {
        (self.schema, self.parent, self.step) = (schema, parent, step)
        numbering = parent.numbering
        numbering.count += 1
        number = numbering.count
    }

    private func made(_ step: String, _ schema: JSONValue) -> SchemaNode { SchemaNode(schema, step, below: self) }

    subscript(keyword: String) -> JSONValue? { schema[keyword] }

    /// The nearest schema from this one up that has an `$id`, or the root: references are resolved against it.
    var resource: SchemaNode {
        var node = self
        while node.schema["$id"]?.stringValue == nil, let parent = node.parent { node = parent }
        return node
    }

    /// What lies at `path` below; nil where nothing does.
    func child(_ path: String...) -> SchemaNode? { descendant(path) }

    func descendant(_ path: some Sequence<String>) -> SchemaNode? {
        var node = self
        for step in path {
            guard let next = node.next(step) else { return nil }
            node = next
        }
        return node
    }

    private func next(_ step: String) -> SchemaNode? {
        let bytes = Array(step.utf8)
        if let known = steps[bytes] { return known }
        var value = schema[step]
        if case .array(let elements) = schema, let index = Int(step), elements.indices.contains(index),
            String(index) == step
        {
            value = elements[index]
        }
        guard let value else { return nil }
        let node = made(step, value)
        steps[bytes] = node
        return node
    }

    /// The schemas of an array such as `anyOf`.
    func children(_ keyword: String) throws(GrammarError) -> [SchemaNode] {
        if let known = lists[keyword] { return known }
        guard let value = self[keyword] else { return [] }
        guard let elements = value.arrayValue, !elements.isEmpty || keyword == "prefixItems" else {
            throw invalid(keyword, "must be an array of schemas")
        }
        let nodes = elements.indices.compactMap { child(keyword, String($0)) }
        lists[keyword] = nodes
        return nodes
    }

    /// The members of an object such as `properties`.
    func members(_ keyword: String) throws(GrammarError) -> JSONObject {
        guard let value = self[keyword] else { return JSONObject() }
        guard let object = value.objectValue else { throw invalid(keyword, "must be an object of schemas") }
        return object
    }

    /// A keyword's value that counts something; what is past all limits as `countMax`.
    func count(_ keyword: String) throws(GrammarError) -> Int? {
        guard let value = self[keyword] else { return nil }
        if let number = DecimalNumber(value), number.isInteger, number.sign >= 0 {
            return Int(min(number.floor(places: 0), Int128(Self.countMax)))
        }
        throw invalid(keyword, "must be a whole number from 0 on")
    }

    private static let countMax = Int(Int32.max)
}

/// Messages.
extension SchemaNode {
    /// From the document's root: `#/properties/name`. Long keys are shortened.
    var pointer: String {
        var steps: [String] = []
        var node = self
        while let parent = node.parent {
            steps.append(node.step.shortened.replacing("~", with: "~0").replacing("/", with: "~1"))
            node = parent
        }
        return "#" + steps.reversed().map { "/" + $0 }.joined()
    }

    func invalid(_ keyword: String, _ reason: String) -> GrammarError { error(.invalidSchema, keyword, reason) }

    func refusal(_ keyword: String, _ reason: String) -> GrammarError { error(.unsupportedKeyword, keyword, reason) }

    private func error(_ code: GrammarError.Code, _ keyword: String, _ reason: String) -> GrammarError {
        let (pointer, keyword) = (pointer, keyword.shortened)
        return GrammarError(
            code, "\(pointer): the keyword \"\(keyword)\" \(reason)", keyword: keyword, pointer: pointer)
    }
}
