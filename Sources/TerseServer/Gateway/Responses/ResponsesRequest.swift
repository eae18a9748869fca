import TerseJSON

/// The body of `POST /v1/responses`, of which text and functions are served. It becomes a chat.
struct ResponsesRequest: Sendable {
    let model: String
    let streams: Bool
    /// The same as a body of `/v1/chat/completions`.
    let chat: JSONObject
    /// What the response tells again of the request.
    let echo: JSONObject
    /// Members that nobody here knows.
    let unknown: [String]

    private static let passedOn = [
        "temperature", "top_p", "parallel_tool_calls", "seed", "user", "top_k", "min_p", "typical_p",
        "repetition_penalty", "presence_penalty", "frequency_penalty", "logit_bias", "stop", "ignore_eos", "grammar",
        "chat_template_kwargs", "priority", "timeout",
    ]

    /// - Throws: `APIError` naming the parameter.
    init(_ body: JSONValue) throws(APIError) {
        var fields = try FieldReader(body)
        model = try fields.requiredString("model")
        streams = try fields.bool("stream") ?? false
        for name in ["previous_response_id", "conversation", "prompt", "background"] {
            guard let value = fields.value(name), value != false else { continue }
            throw .invalid(
                "\(name) is not supported: this server keeps no responses", parameter: name,
                code: "unsupported_parameter")
        }
        var chat: JSONObject = ["model": .string(model), "stream": .bool(streams)]
        if streams { chat["stream_options"] = ["include_usage": true] }
        let instructions = try fields.string("instructions")
        chat["messages"] = .array(try Self.messages(&fields, instructions))
        let tokensMax = try fields.integer("max_output_tokens", in: 1...Int(Int32.max))
        if let tokensMax { chat["max_completion_tokens"] = JSONValue(tokensMax) }
        for name in Self.passedOn { if let value = fields.value(name) { chat[name] = value } }
        let tools = try Self.tools(&fields)
        if !tools.isEmpty { chat["tools"] = .array(tools) }
        if let choice = fields.value("tool_choice") { chat["tool_choice"] = Self.choice(choice) }
        let format = try fields.object("text").flatMap { $0["format"] } ?? ["type": "text"]
        if let wanted = try Self.format(format) { chat["response_format"] = wanted }
        self.chat = chat
        echo = Self.echo(&fields, instructions: instructions, tokensMax: tokensMax, format: format)
        fields.ignore("metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "truncation")
        unknown = fields.unknown
    }

    /// An error of the chat, with the names that members have in the request which the chat was made of.
    static func translated(_ error: APIError) -> APIError {
        guard let member = error.parameter else { return error }
        let own = ownName(of: member)
        var message = error.message
        if message.hasPrefix(member) { message = own + String(message.dropFirst(member.count)) }
        return APIError(error.status, error.kind, message, parameter: own, code: error.code)
    }

    /// The chat's messages are no items of the input, and its functions and schemas have members of their own.
    private static func ownName(of member: String) -> String {
        if member.hasPrefix("messages") { return "input" }
        return member.replacing("response_format", with: "text.format").replacing(".json_schema", with: "")
            .replacing(".function", with: "")
    }

    private static func messages(
        _ fields: inout FieldReader, _ instructions: String?
    ) throws(APIError) -> [JSONValue] {
        var messages: [JSONValue] = []
        if let instructions { messages.append(["role": "system", "content": .string(instructions)]) }
        guard let input = fields.value("input") else { throw fields.missing("input") }
        if let text = input.stringValue { return messages + [["role": "user", "content": .string(text)]] }
        guard let items = try fields.array("input", countMax: APILimits.messagesMax) else {
            throw fields.missing("input")
        }
        guard !items.isEmpty else { throw .invalid("input: expected one or more items", parameter: "input") }
        for (index, item) in items.enumerated() {
            var reader = try FieldReader(item, path: "input[\(index)]")
            messages.append(try ResponsesItem.message(&reader))
        }
        return messages
    }

    /// A function stands flat here and in a member of its own there.
    private static func tools(_ fields: inout FieldReader) throws(APIError) -> [JSONValue] {
        var tools: [JSONValue] = []
        for (index, element) in (try fields.array("tools", countMax: APILimits.toolsMax) ?? []).enumerated() {
            let reader = try FieldReader(element, path: "tools[\(index)]")
            guard reader.object["type"]?.stringValue == "function" else {
                throw .invalid(
                    "tools[\(index)].type: expected \"function\"", parameter: "tools[\(index)].type",
                    code: "unsupported_parameter")
            }
            var function = reader.object
            function["type"] = nil
            tools.append(["type": "function", "function": .object(function)])
        }
        return tools
    }

    private static func choice(_ value: JSONValue) -> JSONValue {
        guard let name = value["name"] else { return value }
        return ["type": "function", "function": ["name": name]]
    }

    /// - Returns: nil for plain text.
    private static func format(_ value: JSONValue) throws(APIError) -> JSONValue? {
        var fields = try FieldReader(value, path: "text.format")
        switch try fields.requiredString("type") {
        case "text": return nil
        case "json_schema":
            var schema = fields.object
            schema["type"] = nil
            return ["type": "json_schema", "json_schema": .object(schema)]
        default: return value
        }
    }

    private static func echo(
        _ fields: inout FieldReader, instructions: String?, tokensMax: Int?, format: JSONValue
    ) -> JSONObject {
        var echo: JSONObject = [
            "previous_response_id": .null,
            "reasoning": ["effort": .null, "summary": .null], "store": false, "text": ["format": format],
            "truncation": "disabled",
        ]
        if let instructions { echo["instructions"] = .string(instructions) } else { echo["instructions"] = .null }
        if let tokensMax { echo["max_output_tokens"] = JSONValue(tokensMax) } else { echo["max_output_tokens"] = .null }
        for (name, fallback) in defaults { echo[name] = fields.value(name) ?? fallback }
        return echo
    }

    /// What is told of members that the request does not have; nil leaves them out.
    private static let defaults: [(String, JSONValue?)] = [
        ("temperature", 1.0), ("top_p", 1.0), ("tool_choice", "auto"), ("tools", []), ("user", nil),
        ("metadata", [:]), ("parallel_tool_calls", true),
    ]
}
