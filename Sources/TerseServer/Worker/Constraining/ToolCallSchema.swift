import TerseJSON

/// The schema of one call of one of several functions: an object with the function's name and its arguments.
struct ToolCallSchema: Sendable {
    let json: JSONValue

    /// - Parameter onlyStrict: whether functions that are not strict may have any arguments.
    init(_ tools: [ToolDefinition], argumentsKey: String, onlyStrict: Bool = false) {
        let calls = tools.enumerated().map { index, tool in
            let parameters = onlyStrict && !tool.isStrict ? nil : tool.parameters
            let arguments = parameters.map { Self.apart($0, number: index) } ?? ["type": "object"]
            return JSONValue.object([
                "type": "object",
                "properties": ["name": ["const": .string(tool.name)], argumentsKey: arguments],
                "required": ["name", .string(argumentsKey)], "additionalProperties": false,
            ])
        }
        json = ["anyOf": .array(calls)]
    }

    /// A schema within another: with an identifier of its own, what it says of itself by `$ref` is found in it.
    private static func apart(_ schema: JSONValue, number: Int) -> JSONValue {
        guard case .object(var object) = schema, object["$id"]?.stringValue == nil else { return schema }
        object["$id"] = .string("urn:terse:function:\(number)")
        return .object(object)
    }
}
