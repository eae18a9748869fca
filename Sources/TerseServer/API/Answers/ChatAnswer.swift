import TerseJSON

/// `chat.completion` and `chat.completion.chunk`.
struct ChatAnswer: AnswerForm {
    let head: AnswerHead
    let spelling: TokenSpelling
    let tellsProbabilities: Bool

    private static let chunk = "chat.completion.chunk"

    func opening(choice: Int) -> JSONObject? {
        piece(choice: choice, delta: ["role": "assistant", "content": ""], logProbabilities: .null, finish: nil)
    }

    func piece(_ delta: AnswerDelta) -> JSONObject {
        var fields = JSONObject()
        if !delta.text.isEmpty { fields["content"] = .string(delta.text) }
        if !delta.calls.isEmpty {
            fields["tool_calls"] = .array(
                delta.calls.map { call in
                    var object: JSONObject = ["index": JSONValue(call.index)]
                    for member in json(call) { object[member.key] = member.value }
                    return .object(object)
                })
        }
        return piece(
            choice: delta.choice, delta: fields, logProbabilities: logProbabilities(delta.tokens),
            finish: delta.finish)
    }

    func closing() -> JSONObject {
        var fields = head.fields(object: Self.chunk)
        fields["choices"] = []
        return fields
    }

    func whole(_ choices: [AnswerDelta]) -> JSONObject {
        var fields = head.fields(object: "chat.completion")
        fields["choices"] = .array(
            choices.map { choice in
                var message: JSONObject = ["role": "assistant"]
                message["content"] = choice.text.isEmpty && !choice.calls.isEmpty ? .null : .string(choice.text)
                message["refusal"] = .null
                if !choice.calls.isEmpty { message["tool_calls"] = .array(choice.calls.map { .object(json($0)) }) }
                return [
                    "index": JSONValue(choice.choice), "message": .object(message),
                    "logprobs": logProbabilities(choice.tokens),
                    "finish_reason": .string((choice.finish ?? .stop).rawValue),
                ]
            })
        return fields
    }

    private func piece(
        choice: Int, delta: JSONObject, logProbabilities: JSONValue, finish: FinishReason?
    ) -> JSONObject {
        var fields = head.fields(object: Self.chunk)
        fields["choices"] = [
            [
                "index": JSONValue(choice), "delta": .object(delta), "logprobs": logProbabilities,
                "finish_reason": finish.map { .string($0.rawValue) } ?? .null,
            ]
        ]
        return fields
    }

    private func json(_ call: AnswerDelta.Call) -> JSONObject {
        guard let id = call.id, let name = call.name else {
            return ["function": ["arguments": .string(call.arguments)]]
        }
        return [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": .string(call.arguments)],
        ]
    }

    private func logProbabilities(_ tokens: [AnswerDelta.Token]) -> JSONValue {
        guard tellsProbabilities else { return .null }
        let content: [JSONValue] = tokens.compactMap { placed in
            guard let probabilities = placed.token.probabilities else { return nil }
            var fields = spelling.fields(of: placed.token.id, probabilities.chosen)
            fields["top_logprobs"] = .array(
                probabilities.top.map { .object(spelling.fields(of: $0.token, $0.logProbability)) })
            return .object(fields)
        }
        return ["content": .array(content), "refusal": .null]
    }
}
