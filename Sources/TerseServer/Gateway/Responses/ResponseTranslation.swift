import NIOCore
import TerseJSON

/// Turns the answer of a chat, whole or as a stream, into one of the responses API.
struct ResponseTranslation: Sendable {
    /// Named like the answer that it is made of.
    let id: String
    let created: Int
    let model: String
    /// What is told again of the request.
    let echo: JSONObject
    /// Events up to now.
    private var sequence = 0
    private(set) var text = ""
    private(set) var calls: [ResponseCall] = []
    /// How many calls had begun when the message did, which it does with its first text; nil: it has not.
    private(set) var callsBeforeMessage: Int?
    private(set) var usage: JSONValue = .null
    private(set) var isCutShort = false

    init(id: String, created: Int, model: String, echo: JSONObject) {
        self.id = id
        self.created = created
        self.model = model
        self.echo = echo
    }

    /// A whole answer.
    /// - Throws: `APIError` when the worker's answer is no JSON.
    mutating func wholeText(_ body: ByteBuffer) throws(APIError) -> String {
        let json = try JSONValue(body: body)
        let choice = json["choices"]?[0]
        text = choice?["message"]?["content"]?.stringValue ?? ""
        calls = (choice?["message"]?["tool_calls"]?.arrayValue ?? []).map { ResponseCall($0) }
        if !text.isEmpty || calls.isEmpty { callsBeforeMessage = 0 }
        isCutShort = choice?["finish_reason"]?.stringValue == "length"
        usage = Self.usage(json["usage"])
        return JSONValue.object(response(status: isCutShort ? "incomplete" : "completed")).serialized()
    }

    /// As `wholeText`, of a value that stays as it is.
    func whole(_ body: ByteBuffer) throws(APIError) -> String {
        var copy = self
        return try copy.wholeText(body)
    }

    /// Some events of a stream, whole ones.
    mutating func piece(_ events: String) throws(APIError) -> String {
        var out = sequence == 0 ? opening() : ""
        for line in events.split(separator: "\n", omittingEmptySubsequences: true) {
            guard line.hasPrefix("data: ") else { continue }
            let data = line.dropFirst("data: ".count)
            if data == "[DONE]" {
                out += closing()
                continue
            }
            let json: JSONValue
            do throws(JSONError) { json = try JSONValue.parse(data.utf8) } catch {
                throw APIError(.badGateway, .server, "the worker's answer is no JSON: \(error.message)")
            }
            out += take(json)
        }
        return out
    }

    private mutating func take(_ json: JSONValue) -> String {
        if let error = json["error"] {
            let message = JSONValue.string(error["message"]?.stringValue ?? "")
            return event("error", ["message": message, "code": error["code"] ?? .null, "param": .null])
        }
        if let figures = json["usage"], !figures.isNull { usage = Self.usage(figures) }
        guard let choice = json["choices"]?[0] else { return "" }
        if choice["finish_reason"]?.stringValue == "length" { isCutShort = true }
        var out = ""
        if let more = choice["delta"]?["content"]?.stringValue, !more.isEmpty {
            if callsBeforeMessage == nil { out += beginMessage() }
            text += more
            out += event("response.output_text.delta", part(["delta": .string(more), "logprobs": []]))
        }
        for call in choice["delta"]?["tool_calls"]?.arrayValue ?? [] { out += take(call: ResponseCall(call)) }
        return out
    }

    /// A call that begins, or more of the arguments of the last.
    private mutating func take(call: ResponseCall) -> String {
        var out = ""
        if call.begins {
            calls.append(call)
            calls[calls.count - 1].arguments = ""
            let item = item(of: calls[calls.count - 1], status: "in_progress")
            out += event(
                "response.output_item.added", ["output_index": JSONValue(place(ofCall: calls.count - 1)), "item": item])
        }
        guard let last = calls.indices.last, !call.arguments.isEmpty else { return out }
        calls[last].arguments += call.arguments
        return out
            + event(
                "response.function_call_arguments.delta",
                [
                    "item_id": .string(calls[last].itemID), "output_index": JSONValue(place(ofCall: last)),
                    "delta": .string(call.arguments),
                ])
    }

    private mutating func opening() -> String {
        let response = JSONValue.object(response(status: "in_progress"))
        return event("response.created", ["response": response]) + event("response.in_progress", ["response": response])
    }

    private mutating func beginMessage() -> String {
        callsBeforeMessage = calls.count
        let item = message(status: "in_progress", [])
        return event("response.output_item.added", ["output_index": JSONValue(calls.count), "item": item])
            + event("response.content_part.added", part(["part": Self.textPart("")]))
    }

    private mutating func closing() -> String {
        var out = ""
        if calls.isEmpty, callsBeforeMessage == nil { out += beginMessage() }
        if let place = callsBeforeMessage {
            out += event("response.output_text.done", part(["text": .string(text), "logprobs": []]))
            out += event("response.content_part.done", part(["part": Self.textPart(text)]))
            let item = message(status: "completed", [Self.textPart(text)])
            out += event("response.output_item.done", ["output_index": JSONValue(place), "item": item])
        }
        for (number, call) in calls.enumerated() {
            let index = JSONValue(place(ofCall: number))
            let item = item(of: call, status: "completed")
            var ended: JSONObject = ["output_index": index, "item_id": item["id"] ?? ""]
            for member in ["name", "arguments"] { ended[member] = item[member] ?? "" }
            out += event("response.function_call_arguments.done", ended)
            out += event("response.output_item.done", ["output_index": index, "item": item])
        }
        let status = isCutShort ? "incomplete" : "completed"
        return out + event("response.\(status)", ["response": .object(response(status: status))])
    }

    private mutating func event(_ type: String, _ members: JSONObject) -> String {
        var object: JSONObject = ["type": .string(type), "sequence_number": JSONValue(sequence)]
        for member in members { object[member.key] = member.value }
        sequence += 1
        return "event: \(type)\ndata: \(JSONValue.object(object).serialized())\n\n"
    }

    private func part(_ members: JSONObject) -> JSONObject {
        var object: JSONObject = [
            "item_id": .string("msg_\(id)"), "output_index": JSONValue(callsBeforeMessage ?? 0), "content_index": 0,
        ]
        for member in members { object[member.key] = member.value }
        return object
    }
}
