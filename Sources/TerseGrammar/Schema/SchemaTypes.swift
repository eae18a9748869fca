import TerseJSON

/// The kinds of values that a schema allows. Numbers are of two kinds, whole and not.
struct SchemaTypes: OptionSet, Hashable {
    let rawValue: UInt8

    init(rawValue: UInt8) { self.rawValue = rawValue }

    static let null = SchemaTypes(rawValue: 1)
    static let boolean = SchemaTypes(rawValue: 2)
    static let integer = SchemaTypes(rawValue: 4)
    static let fraction = SchemaTypes(rawValue: 8)
    static let string = SchemaTypes(rawValue: 16)
    static let array = SchemaTypes(rawValue: 32)
    static let object = SchemaTypes(rawValue: 64)
    static let number: SchemaTypes = [.integer, .fraction]
    static let all: SchemaTypes = [.null, .boolean, .number, .string, .array, .object]

    private static let names: [String: SchemaTypes] = [
        "null": .null, "boolean": .boolean, "integer": .integer, "number": .number, "string": .string, "array": .array,
        "object": .object,
    ]

    /// What the schema's own `type` says.
    init(_ node: SchemaNode) throws(GrammarError) {
        guard let value = node["type"] else {
            self = .all
            return
        }
        var types: SchemaTypes = []
        for name in value.arrayValue ?? [value] {
            guard let name = name.stringValue, let type = Self.names[name] else {
                throw node.invalid(
                    "type", "must be one or several of \(Self.names.keys.sorted().joined(separator: ", "))")
            }
            types.formUnion(type)
        }
        self = types
    }

    /// What every one of `nodes` says by its own `type`.
    init(ofAll nodes: [SchemaNode]) throws(GrammarError) {
        self = .all
        for node in nodes { formIntersection(try SchemaTypes(node)) }
    }

    init(of value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .integer: self = .integer
        case .number(let number): self = number == number.rounded() ? .integer : .fraction
        case .string: self = .string
        case .array: self = .array
        case .object: self = .object
        }
    }
}
