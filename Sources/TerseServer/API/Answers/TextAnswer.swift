import TerseJSON

/// `text_completion`, of which pieces and whole have one form.
struct TextAnswer: AnswerForm {
    let head: AnswerHead
    let spelling: TokenSpelling
    let tellsProbabilities: Bool
    /// What each choice's text begins with: its prompt, if that is echoed.
    let echoes: [String]

    private static let object = "text_completion"

    func opening(choice: Int) -> JSONObject? {
        guard choice < echoes.count, !echoes[choice].isEmpty else { return nil }
        var delta = AnswerDelta(choice: choice)
        delta.text = echoes[choice]
        return piece(delta)
    }

    func piece(_ delta: AnswerDelta) -> JSONObject {
        var fields = head.fields(object: Self.object)
        fields["choices"] = [json(delta)]
        return fields
    }

    func closing() -> JSONObject {
        var fields = head.fields(object: Self.object)
        fields["choices"] = []
        return fields
    }

    func whole(_ choices: [AnswerDelta]) -> JSONObject {
        var fields = head.fields(object: Self.object)
        fields["choices"] = .array(
            choices.map { choice in
                var choice = choice
                if choice.choice < echoes.count { choice.text = echoes[choice.choice] + choice.text }
                return json(choice)
            })
        return fields
    }

    private func json(_ delta: AnswerDelta) -> JSONValue {
        [
            "index": JSONValue(delta.choice), "text": .string(delta.text), "logprobs": logProbabilities(delta.tokens),
            "finish_reason": delta.finish.map { .string($0.rawValue) } ?? .null,
        ]
    }

    /// The older form: lists side by side.
    private func logProbabilities(_ tokens: [AnswerDelta.Token]) -> JSONValue {
        guard tellsProbabilities else { return .null }
        var (texts, values, tops, offsets): ([JSONValue], [JSONValue], [JSONValue], [JSONValue]) = ([], [], [], [])
        for placed in tokens {
            guard let probabilities = placed.token.probabilities else { continue }
            texts.append(.string(spelling.text(placed.token.id)))
            values.append(spelling.number(probabilities.chosen))
            tops.append(
                .object(
                    JSONObject(
                        probabilities.top.map { (spelling.text($0.token), spelling.number($0.logProbability)) })))
            offsets.append(JSONValue(placed.offset))
        }
        return [
            "tokens": .array(texts), "token_logprobs": .array(values), "top_logprobs": .array(tops),
            "text_offset": .array(offsets),
        ]
    }
}
