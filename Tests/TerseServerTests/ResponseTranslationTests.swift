import NIOCore
import TerseJSON
import Testing

@testable import TerseServer

/// The responses API, made of chats.
@Suite struct ResponseTranslationTests {
    private var translation: ResponseTranslation {
        ResponseTranslation(id: "1", created: 2, model: "m", echo: ["store": false])
    }

    private func events(_ text: String) throws -> [(name: String, json: JSONValue)] {
        try text.split(separator: "\n\n").map { block in
            let lines = block.split(separator: "\n")
            return (
                String(lines[0].dropFirst("event: ".count)),
                try JSONValue.parse(lines[1].dropFirst("data: ".count).utf8)
            )
        }
    }

    @Test func requestsBecomeChats() throws {
        let request = try ResponsesRequest([
            "model": "m", "instructions": "Be brief.", "max_output_tokens": 5,
            "input": [
                [
                    "role": "user",
                    "content": [["type": "input_text", "text": "a"], ["type": "input_text", "text": "b"]],
                ],
                ["type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"],
                ["type": "function_call_output", "call_id": "c", "output": "3"],
            ],
            "tools": [["type": "function", "name": "f", "parameters": ["type": "object"]]],
            "tool_choice": ["type": "function", "name": "f"],
        ])
        let chat = try ChatRequest(.object(request.chat))
        #expect(chat.messages.map(\.role) == ["system", "user", "assistant", "tool"])
        #expect(chat.messages[1].text == "a\nb")
        #expect(chat.tokensMax == 5)
        #expect(chat.toolChoice == .function("f"))
    }

    @Test(
        arguments: [
            (["previous_response_id": "x"], "previous_response_id"), (["input": 3], "input"), (["input": []], "input"),
            (["input": [["type": "image"]]], "input[0].type"), (["tools": [["type": "web_search"]]], "tools[0].type"),
        ] as [(JSONObject, String)])
    func whatIsWrongIsNamed(_ more: JSONObject, parameter: String) throws {
        var body: JSONObject = ["model": "m", "input": "a"]
        for member in more { body[member.key] = member.value }
        let error = #expect(throws: APIError.self) { _ = try ResponsesRequest(.object(body)) }
        #expect(error?.parameter == parameter)
    }

    /// What is wrong with the chat is told of the request that it was made of.
    @Test(
        arguments: [
            ("messages", "input"), ("messages[1].content", "input"), ("tools[0].function.name", "tools[0].name"),
            ("response_format.json_schema.schema", "text.format.schema"), ("temperature", "temperature"),
        ])
    func errorsHaveTheClientsNames(member: String, own: String) {
        let error = ResponsesRequest.translated(.invalid("\(member): no", parameter: member, code: "c"))
        #expect(error == APIError.invalid("\(own): no", parameter: own, code: "c"))
        let nameless = APIError.timedOut
        #expect(ResponsesRequest.translated(nameless) == nameless)
    }

    @Test func streamsHaveTheirEvents() throws {
        var translation = translation
        var text = try translation.piece(
            "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n")
        text += try translation.piece("data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n")
        text += try translation.piece(
            "data: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}]}\n\n"
                + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"total_tokens\":3}}\n\n"
                + "data: [DONE]\n\n")
        let events = try events(text)
        #expect(
            events.map(\.name) == [
                "response.created", "response.in_progress", "response.output_item.added",
                "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
                "response.output_text.done", "response.content_part.done", "response.output_item.done",
                "response.completed",
            ])
        #expect(events.map { $0.json["sequence_number"]?.intValue } == Array(0..<10))
        let response = events.last?.json["response"]
        #expect(response?["output"]?[0]?["content"]?[0]?["text"] == "Hello")
        #expect(response?["usage"]?["total_tokens"] == 3)
    }

    /// Calls and text in the order in which they began, arguments as they came.
    @Test func callsComeInPieces() throws {
        var translation = translation
        var text = ""
        for delta in [
            "{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]}",
            "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\"}}]}",
            "{\"content\":\"So\",\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"}\"}}]}",
            "{\"tool_calls\":[{\"index\":1,\"id\":\"c2\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]}",
        ] {
            text += try translation.piece("data: {\"choices\":[{\"delta\":\(delta)}]}\n\n")
        }
        let events = try events(text + translation.piece("data: [DONE]\n\n"))
        let added = events.filter { $0.name == "response.output_item.added" }
        #expect(added.map { $0.json["item"]?["type"] } == ["function_call", "message", "function_call"])
        #expect(added.map { $0.json["output_index"]?.intValue } == [0, 1, 2])
        let deltas = events.filter { $0.name == "response.function_call_arguments.delta" }
        #expect(deltas.map { $0.json["delta"]?.stringValue } == ["{", "}", "{}"])
        #expect(deltas.map { $0.json["item_id"]?.stringValue } == ["fc_c1", "fc_c1", "fc_c2"])
        let done = events.filter { $0.name == "response.function_call_arguments.done" }
        #expect(done.map { $0.json["arguments"]?.stringValue } == ["{}", "{}"])
        #expect(done.map { $0.json["output_index"]?.intValue } == [0, 2])
        let output = events.last?.json["response"]?["output"]?.arrayValue ?? []
        #expect(output.map { $0["type"] } == ["function_call", "message", "function_call"])
        #expect(output[1]["content"]?[0]?["text"] == "So" && output[2]["name"] == "g")
    }

    @Test func wholeAnswersHaveTheirItems() throws {
        let body = ByteBuffer(
            string: """
                {"choices":[{"finish_reason":"tool_calls","message":{"content":null,"tool_calls":[
                {"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}}],
                "usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}
                """)
        let json = try JSONValue.parse(try translation.whole(body))
        #expect(json["status"] == "completed")
        #expect(json["output"]?.arrayValue?.count == 1)
        #expect(json["output"]?[0]?["type"] == "function_call")
        #expect(json["output"]?[0]?["call_id"] == "c1")
    }
}
