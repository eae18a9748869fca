import TerseJSON

/// The schema of one call of one of several functions: an object with the function's name and its arguments.
struct ToolCallSchema: Sendable {
    let json: JSONValue

    /// - Parameter onlyStrict: whether functions that are not strict may have any arguments.
    init(_ tools: [ToolDefinition], argumentsKey: String, onlyStrict: Bool = false) {
        let calls = tools.enumerated().map { index, tool in
            let place = "#/anyOf/\(index)/properties/\(argumentsKey)"
            let parameters = onlyStrict && !tool.isStrict ? nil : tool.parameters
            let arguments = parameters.map { Self.moved($0, to: place) } ?? ["type": "object"]
            return JSONValue.object([
                "type": "object",
                "properties": ["name": ["const": .string(tool.name)], argumentsKey: arguments],
                "required": ["name", .string(argumentsKey)], "additionalProperties": false,
            ])
        }
        json = ["anyOf": .array(calls)]
    }

    /// A schema within another: what it says of itself by `$ref` is at another place there.
    private static func moved(_ schema: JSONValue, to place: String) -> JSONValue {
        switch schema {
        case .array(let elements): return .array(elements.map { moved($0, to: place) })
        case .object(let members):
            return .object(
                JSONObject(
                    members.map { member -> (String, JSONValue) in
                        guard member.key == "$ref", let target = member.value.stringValue, target.hasPrefix("#") else {
                            return (member.key, moved(member.value, to: place))
                        }
                        return (member.key, .string(place + target.dropFirst()))
                    }))
        default: return schema
        }
    }
}
