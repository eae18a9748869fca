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

    func item(of call: JSONValue) -> JSONValue {
        let callID = call["id"]?.stringValue ?? ""
        let name = call["function"]?["name"]?.stringValue ?? ""
        let arguments = call["function"]?["arguments"]?.stringValue ?? "{}"
        return [
            "id": .string("fc_\(callID)"), "type": "function_call", "status": "completed", "call_id": .string(callID),
            "name": .string(name), "arguments": .string(arguments),
        ]
    }

    func response(status: String) -> JSONObject {
        let isOver = status != "in_progress"
        var output: [JSONValue] = []
        if isOver {
            if hasMessage { output.append(message(status: "completed", [Self.textPart(text)])) }
            output += calls.map(item)
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
