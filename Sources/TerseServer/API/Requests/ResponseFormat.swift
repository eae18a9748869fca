import TerseJSON

/// What the text of an answer must obey.
enum ResponseFormat: Sendable, Equatable {
    case text
    /// Any JSON object.
    case jsonObject
    case jsonSchema(name: String, schema: JSONValue)
    /// A grammar in GBNF: an extension.
    case grammar(String)

    /// The member that says so.
    var parameter: String {
        if case .grammar = self { "grammar" } else { "response_format" }
    }

    /// Reads `response_format` and `grammar`.
    /// - Throws: `APIError` naming the parameter.
    init(_ fields: inout FieldReader) throws(APIError) {
        let grammar = try fields.string("grammar")
        let format = try fields.object("response_format")
        guard grammar == nil || format == nil else {
            throw .invalid("grammar: not allowed beside response_format", parameter: "grammar")
        }
        if let grammar {
            self = .grammar(grammar)
            return
        }
        guard let format else {
            self = .text
            return
        }
        var reader = FieldReader(format, path: "response_format")
        switch try reader.requiredString("type") {
        case "text": self = .text
        case "json_object": self = .jsonObject
        case "json_schema":
            guard let object = try reader.object("json_schema") else { throw reader.missing("json_schema") }
            var wrapped = FieldReader(object, path: "response_format.json_schema")
            let name = try wrapped.requiredString("name")
            guard let schema = try wrapped.object("schema") else { throw wrapped.missing("schema") }
            self = .jsonSchema(name: name, schema: .object(schema))
        case let other:
            throw .invalid(
                "response_format.type: expected \"text\", \"json_object\" or \"json_schema\", found \"\(other)\"",
                parameter: "response_format.type")
        }
    }
}
