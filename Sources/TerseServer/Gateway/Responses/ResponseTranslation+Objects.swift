import TerseJSON

/// The objects that events and whole answers are made of.
extension ResponseTranslation {
    static func textPart(_ text: String) -> JSONValue {
        ["type": "output_text", "text": .string(text), "annotations": [], "logprobs": []]
    }

    func message(status: String, _ content: [JSONValue]) -> JSONValue {
        [
            "id": .string("msg_\(id)"), "type": "message", "status": .string(status), "role": "assistant",
            "content": .array(content),
        ]
    }

    func item(of call: ResponseCall, status: String) -> JSONValue {
        [
            "id": .string(call.itemID), "type": "function_call", "status": .string(status),
            "call_id": .string(call.id), "name": .string(call.name), "arguments": .string(call.arguments),
        ]
    }

    /// Where a call stands in the output: items stand in the order in which they began.
    func place(ofCall number: Int) -> Int { number + (callsBeforeMessage.map { $0 <= number } ?? false ? 1 : 0) }

    func response(status: String) -> JSONObject {
        let isOver = status != "in_progress"
        var output: [JSONValue] = []
        if isOver {
            output += calls.map { item(of: $0, status: "completed") }
            if let place = callsBeforeMessage {
                output.insert(message(status: "completed", [Self.textPart(text)]), at: place)
            }
        }
        var object: JSONObject = [
            "id": .string("resp_\(id)"), "object": "response", "created_at": JSONValue(created),
            "status": .string(status), "error": .null,
            "incomplete_details": .null, "model": .string(model), "output": .array(output),
        ]
        if isCutShort, isOver { object["incomplete_details"] = ["reason": "max_output_tokens"] }
        for member in echo { object[member.key] = member.value }
        if isOver { object["usage"] = usage }
        return object
    }

    static func usage(_ chat: JSONValue?) -> JSONValue {
        guard let chat, !chat.isNull else { return .null }
        let cached = JSONValue(chat["prompt_tokens_details"]?["cached_tokens"]?.intValue ?? 0)
        var usage: JSONObject = [
            "input_tokens": JSONValue(chat["prompt_tokens"]?.intValue ?? 0),
            "input_tokens_details": ["cached_tokens": cached, "cache_write_tokens": 0],
            "output_tokens": JSONValue(chat["completion_tokens"]?.intValue ?? 0),
            "output_tokens_details": ["reasoning_tokens": 0],
            "total_tokens": JSONValue(chat["total_tokens"]?.intValue ?? 0),
        ]
        if let mark = chat["terse_cache"] { usage["terse_cache"] = mark }
        return .object(usage)
    }
}
