import HTTPTypes
import TerseEngine
import TerseJSON
import TerseOperations

extension RequestFeatures {
    /// Reads them off a request. What is wrong with its body is passed over: the worker says so.
    /// - Throws: `APIError` (400) naming a header that is no time.
    init(_ order: RelayOrder, _ headers: HTTPFields, of client: Gatekeeper.Client) throws(APIError) {
        let objectives: ServiceObjectives
        do {
            objectives = try ServiceObjectives(
                timeToFirstTokenMs: headers[.timeToFirstTokenObjective],
                timePerOutputTokenMs: headers[.timePerOutputTokenObjective])
        } catch {
            throw .invalid("\(error)", code: "invalid_header")
        }
        let (body, isChat) = (order.body, order.path == GatewayRoutes.chat)
        let (texts, tokens) = isChat ? (Self.messages(body["messages"]), nil) : Self.prompt(body["prompt"])
        let span = SchedulerLimits.prioritySpan
        let priority = client.priority - (body["priority"]?.intValue ?? 0).clamped(to: span)
        self.init(
            texts: texts, promptTokens: tokens, structure: Self.structure(body),
            outputTokensMax: Self.outputTokensMax(body, isChat: isChat),
            tenant: client.name.isEmpty ? nil : client.name,
            priority: min(priority, client.priorityMax).clamped(to: span), objectives: objectives)
    }

    private static func messages(_ value: JSONValue?) -> [String] {
        (value?.arrayValue ?? []).map { message in
            guard let parts = message["content"]?.arrayValue else { return message["content"]?.stringValue ?? "" }
            return parts.compactMap { $0["text"]?.stringValue }.joined(separator: "\n")
        }
    }

    /// Several prompts are one text to a router; of token ids it knows no text, but how many they are.
    private static func prompt(_ value: JSONValue?) -> (texts: [String], tokens: Int?) {
        if let text = value?.stringValue { return ([text], nil) }
        let elements = value?.arrayValue ?? []
        let texts = elements.compactMap(\.stringValue)
        let ids = elements.reduce(0) { $0 + ($1.arrayValue?.count ?? ($1.intValue == nil ? 0 : 1)) }
        let text = texts.joined(separator: "\n")
        return ([text], ids == 0 ? nil : ids + text.utf8.count / bytesPerTokenAssumed)
    }

    private static func structure(_ body: JSONObject) -> AnswerStructure {
        if body["grammar"]?.stringValue != nil { return .grammar }
        switch body["response_format"]?["type"]?.stringValue {
        case "json_schema": return .grammar
        case "json_object": return .json
        default: break
        }
        let hasTools = body["tools"]?.arrayValue?.isEmpty == false
        return hasTools && body["tool_choice"]?.stringValue != "none" ? .grammar : .text
    }

    private static func outputTokensMax(_ body: JSONObject, isChat: Bool) -> Int? {
        let older = body["max_tokens"]?.intValue.map { max(0, $0) }
        guard isChat else { return older ?? CompletionRequest.tokensMaxDefault }
        return body["max_completion_tokens"]?.intValue.map { max(0, $0) } ?? older
    }
}

extension Int {
    fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
