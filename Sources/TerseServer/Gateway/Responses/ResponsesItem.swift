import TerseJSON

/// An item of a response's input, as a message of a chat.
enum ResponsesItem {
    /// - Throws: `APIError` naming the parameter.
    static func message(_ fields: inout FieldReader) throws(APIError) -> JSONValue {
        switch try fields.string("type") ?? "message" {
        case "message":
            let role = try fields.requiredString("role")
            return [
                "role": .string(role == "developer" ? "system" : role), "content": .string(try text(&fields)),
            ]
        case "function_call":
            let name = try fields.requiredString("name")
            let call: JSONValue = [
                "id": .string(try fields.requiredString("call_id")), "type": "function",
                "function": ["name": .string(name), "arguments": .string(try fields.requiredString("arguments"))],
            ]
            return ["role": "assistant", "content": .null, "tool_calls": [call]]
        case "function_call_output":
            return [
                "role": "tool", "tool_call_id": .string(try fields.requiredString("call_id")),
                "content": .string(try fields.requiredString("output")),
            ]
        case let other:
            let name = fields.name(of: "type")
            throw .invalid(
                "\(name): \"\(other.prefix(APILimits.nameLengthMax))\" is not supported", parameter: name,
                code: "unsupported_parameter")
        }
    }

    /// A content that is a string, or parts that are all text.
    private static func text(_ fields: inout FieldReader) throws(APIError) -> String {
        guard let content = fields.value("content") else { throw fields.missing("content") }
        if let text = content.stringValue { return text }
        let name = fields.name(of: "content")
        guard let parts = content.arrayValue else { throw fields.wrongType("content", "a string or an array", content) }
        var texts: [String] = []
        for part in parts {
            guard let text = part["text"]?.stringValue else {
                throw .invalid("\(name): this server reads text alone", parameter: name)
            }
            texts.append(text)
        }
        return texts.joined(separator: "\n")
    }
}
