import TerseJSON

/// A message of a conversation, in the form of OpenAI's API. Members that this type does not know are kept, in their
/// order: a template may read them.
public struct ChatMessage: Sendable, Equatable {
    /// All members, `role` among them.
    public private(set) var fields: JSONObject

    public init(role: String, content: String) {
        fields = ["role": .string(role), "content": .string(content)]
    }

    public init(role: String, content: String? = nil, toolCalls: [ToolCall]) {
        fields = ["role": .string(role), "content": content.map { .string($0) } ?? .null]
        self.toolCalls = toolCalls
    }

    /// The result of a tool call.
    public init(toolCallID: String?, name: String? = nil, content: String) {
        fields = ["role": "tool", "content": .string(content)]
        if let name { fields["name"] = .string(name) }
        if let toolCallID { fields["tool_call_id"] = .string(toolCallID) }
    }

    /// - Throws: `ChatError` (`badMessage`) unless `json` is an object with a role, a content that is a string, null, absent
    ///   or an array of parts with a type, and tool calls of the right form.
    public init(_ json: JSONValue) throws(ChatError) {
        guard let object = json.objectValue else {
            throw ChatError(.badMessage, "expected a message as an object, found \(json.kindName)")
        }
        guard let role = object["role"]?.stringValue else {
            throw ChatError(.badMessage, "a message has no \"role\" that is a string")
        }
        switch object["content"] {
        case nil, .null?, .string?: break
        case .array(let parts)?:
            for (index, part) in parts.enumerated() {
                guard let type = part["type"]?.stringValue else {
                    throw ChatError(
                        .badMessage,
                        "the content of a message of role \(role): part \(index) is no object with a \"type\"")
                }
                guard type != "text" || part["text"]?.stringValue != nil else {
                    throw ChatError(
                        .badMessage,
                        "the content of a message of role \(role): part \(index) has no \"text\" that is a string")
                }
            }
        case let other?:
            throw ChatError(
                .badMessage,
                "the content of a message of role \(role): expected a string or an array, found \(other.kindName)")
        }
        fields = object
        try checkToolCalls()
    }

    private func checkToolCalls() throws(ChatError) {
        guard let calls = fields["tool_calls"], !calls.isNull else { return }
        guard let calls = calls.arrayValue else {
            throw ChatError(.badMessage, "\"tool_calls\": expected an array, found \(calls.kindName)")
        }
        for (index, call) in calls.enumerated() { _ = try ToolCall(call, at: "tool call \(index)") }
    }

    public var role: String { fields["role"]?.stringValue ?? "" }

    /// The content as text: a string, or the text parts one after the other. nil when there is none.
    public var text: String? {
        switch fields["content"] {
        case .string(let text)?: text
        case .array(let parts)?: parts.compactMap { $0["text"]?.stringValue }.joined(separator: "\n")
        default: nil
        }
    }

    public var name: String? { fields["name"]?.stringValue }

    /// What the model thought before it answered, under whichever of the names in use it came.
    public var reasoning: String? {
        get {
            for name in Self.reasoningNames {
                if let text = fields[name]?.stringValue { return text }
            }
            return nil
        }
        set {
            for name in Self.reasoningNames { fields[name] = nil }
            if let newValue { fields[Self.reasoningNames[0]] = .string(newValue) }
        }
    }

    /// The first is what most templates read.
    static let reasoningNames = ["reasoning_content", "thinking", "reasoning"]

    public var toolCalls: [ToolCall] {
        get {
            (fields["tool_calls"]?.arrayValue ?? []).compactMap { try? ToolCall($0, at: "") }
        }
        set { fields["tool_calls"] = newValue.isEmpty ? nil : .array(newValue.map(\.json)) }
    }

    /// Of a tool's result: which call it answers.
    public var toolCallID: String? { fields["tool_call_id"]?.stringValue }
}

extension ChatMessage {
    /// The message as templates get it: reasoning stands under every name that templates look for it by.
    var templateFields: JSONObject {
        guard let name = Self.reasoningNames.first(where: { !(fields[$0]?.isNull ?? true) }),
            let reasoning = fields[name]
        else { return fields }
        var result = JSONObject([("thinking", reasoning)])
        for member in fields { result[member.key] = member.value }
        result["reasoning_content"] = reasoning
        return result
    }

    /// The message in the plainest form that says the same: parts that are all text become one string, and arguments of
    /// tool calls that are JSON in a string become objects.
    var plain: ChatMessage {
        var message = self
        if case .array(let parts)? = fields["content"], !parts.isEmpty,
            parts.allSatisfy({ $0["type"]?.stringValue == "text" })
        {
            message.fields["content"] = .string(text ?? "")
        }
        guard fields["tool_calls"]?.arrayValue?.isEmpty == false else { return message }
        message.mapArguments { arguments in
            guard let text = arguments.stringValue, let parsed = try? JSONValue.parse(text), parsed.objectValue != nil
            else {
                return arguments
            }
            return parsed
        }
        return message
    }

    /// The message with arguments of tool calls spelled as JSON in strings.
    var withTextualArguments: ChatMessage {
        var message = self
        message.mapArguments { $0.stringValue == nil ? .string($0.serialized(.python())) : $0 }
        return message
    }

    private mutating func mapArguments(_ body: (JSONValue) -> JSONValue) {
        guard let calls = fields["tool_calls"]?.arrayValue else { return }
        fields["tool_calls"] = .array(
            calls.map { call in
                guard var object = call.objectValue, var function = object["function"]?.objectValue,
                    let arguments = function["arguments"]
                else { return call }
                function["arguments"] = body(arguments)
                object["function"] = .object(function)
                return .object(object)
            })
    }
}
