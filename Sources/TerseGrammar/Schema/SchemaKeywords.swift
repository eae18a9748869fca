import TerseJSON

/// Which keywords of JSON Schema are obeyed, and which say nothing about the value.
enum SchemaKeywords {
    /// Annotations, and places where other schemas lie.
    static let silent: Set<String> = [
        "title", "description", "default", "examples", "$schema", "$id", "$comment", "deprecated", "readOnly",
        "writeOnly", "$defs", "definitions", "$anchor",
    ]

    /// Those that only lead to other schemas.
    static let leading: Set<String> = ["$ref", "allOf", "anyOf", "oneOf"]

    static let obeyed: Set<String> = [
        "type", "enum", "const", "not", "properties", "required", "additionalProperties", "patternProperties",
        "propertyNames", "minProperties", "maxProperties", "items", "prefixItems", "minItems", "maxItems",
        "uniqueItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern",
        "minLength", "maxLength", "format",
    ]

    /// - Throws: `.unsupportedKeyword` for a keyword that is none of the known ones, `.invalidSchema` for what is no schema.
    static func check(_ node: SchemaNode, _ meter: WorkMeter) throws(GrammarError) {
        if node.schema.boolValue != nil { return }
        guard let object = node.schema.objectValue else {
            let pointer = node.pointer
            throw GrammarError(
                .invalidSchema, "\(pointer): a schema is an object or a boolean, not \(node.schema.kindName)",
                pointer: pointer)
        }
        try meter.spend(object.count)
        for key in object.keys where !silent.contains(key) && !leading.contains(key) && !obeyed.contains(key) {
            throw node.refusal(key, "cannot be enforced")
        }
    }

    /// Whether the schema says anything itself, apart from leading to others.
    static func asserts(_ node: SchemaNode) -> Bool {
        node.schema.objectValue?.keys.contains { obeyed.contains($0) } ?? false
    }
}
