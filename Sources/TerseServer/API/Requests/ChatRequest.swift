import TerseChat
import TerseJSON

/// The body of `POST /v1/chat/completions`.
struct ChatRequest: Sendable {
    let model: String
    let messages: [ChatMessage]
    let sampling: SamplingFields
    let tokensMax: Int?
    /// How many probable tokens are told with each, and its own probability; nil: none is told.
    let logProbabilities: Int?
    let tools: [ToolDefinition]
    let toolChoice: ToolChoice
    /// Whether an answer may have several calls.
    let allowsParallelCalls: Bool
    let responseFormat: ResponseFormat
    /// Further variables for the model's chat template.
    let templateVariables: JSONObject
    /// Members that nobody here knows.
    let unknown: [String]

    /// - Throws: `APIError` naming the parameter.
    init(_ body: JSONValue) throws(APIError) {
        var fields = try FieldReader(body)
        model = try fields.requiredString("model")
        messages = try Self.messages(&fields)
        sampling = try SamplingFields(&fields)
        let range = 1...Int(Int32.max)
        let older = try fields.integer("max_tokens", in: range)
        tokensMax = try fields.integer("max_completion_tokens", in: range) ?? older
        let tells = try fields.bool("logprobs") ?? false
        let top = try fields.integer("top_logprobs", in: 0...APILimits.topLogProbabilitiesMax)
        guard tells || top == nil else {
            throw .invalid("top_logprobs: only allowed with logprobs", parameter: "top_logprobs")
        }
        logProbabilities = tells ? top ?? 0 : nil
        tools = try Self.tools(&fields)
        toolChoice = try ToolChoice(fields.value("tool_choice"), tools: tools)
        allowsParallelCalls = try fields.bool("parallel_tool_calls") ?? true
        responseFormat = try ResponseFormat(&fields)
        templateVariables = try fields.object("chat_template_kwargs") ?? JSONObject()
        fields.ignore("user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "terse")
        try Self.refuseModalities(&fields)
        unknown = fields.unknown
    }

    private static func messages(_ fields: inout FieldReader) throws(APIError) -> [ChatMessage] {
        guard let elements = try fields.array("messages", countMax: APILimits.messagesMax) else {
            throw fields.missing("messages")
        }
        guard !elements.isEmpty else { throw .invalid("messages: expected one or more", parameter: "messages") }
        var messages: [ChatMessage] = []
        for (index, element) in elements.enumerated() {
            let name = "messages[\(index)]"
            do throws(ChatError) { messages.append(try ChatMessage(element)) } catch {
                throw .invalid("\(name): \(error.message)", parameter: name)
            }
            for part in element["content"]?.arrayValue ?? [] {
                guard let type = part["type"]?.stringValue, type == "text" || type == "refusal" else {
                    throw .invalid(
                        "\(name).content: this model reads text alone, found a part of type "
                            + "\"\(part["type"]?.stringValue ?? "")\"", parameter: "\(name).content")
                }
            }
        }
        return messages
    }

    private static func tools(_ fields: inout FieldReader) throws(APIError) -> [ToolDefinition] {
        guard let elements = try fields.array("tools", countMax: APILimits.toolsMax) else { return [] }
        var tools: [ToolDefinition] = []
        for (index, element) in elements.enumerated() {
            tools.append(try ToolDefinition(element, path: "tools[\(index)]"))
        }
        return tools
    }

    /// Asks for anything but text are refused, not passed over.
    private static func refuseModalities(_ fields: inout FieldReader) throws(APIError) {
        if let modalities = try fields.array("modalities", countMax: APILimits.inputsMax),
            modalities != ["text"]
        {
            throw .invalid("modalities: expected [\"text\"]: this server speaks text alone", parameter: "modalities")
        }
        for name in ["audio", "web_search_options", "functions", "function_call"] where fields.value(name) != nil {
            throw .invalid("\(name) is not supported", parameter: name, code: "unsupported_parameter")
        }
    }
}
