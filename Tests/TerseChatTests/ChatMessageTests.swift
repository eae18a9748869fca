import TerseChat
import TerseJSON
import Testing

@Suite struct ChatMessageTests {
    @Test func keepsWhatItDoesNotKnow() throws {
        let json: JSONValue = ["content": nil, "x": [1], "role": "assistant", "name": "n"]
        let message = try ChatMessage(json)
        #expect(JSONValue.object(message.fields).serialized() == json.serialized())
        #expect(message.role == "assistant")
        #expect(message.text == nil)
        #expect(message.name == "n")
    }

    @Test func toolCalls() throws {
        let call = ToolCall(id: "c1", name: "f", arguments: ["a": 1])
        var message = ChatMessage(role: "assistant", toolCalls: [call])
        #expect(message.toolCalls == [call])
        #expect(try ChatMessage(.object(message.fields)) == message)
        message.toolCalls = []
        #expect(message.fields["tool_calls"] == nil)
        let result = ChatMessage(toolCallID: "c1", name: "f", content: "42")
        #expect(result.toolCallID == "c1")
        #expect(result.role == "tool")
    }

    @Test(arguments: ["reasoning_content", "thinking", "reasoning"]) func reasoning(_ name: String) throws {
        var message = try ChatMessage(["role": "assistant", "content": "x", name: "why"])
        #expect(message.reasoning == "why")
        let template = try ChatTemplate(source: "{{ messages[0].reasoning_content }}{{ messages[0].thinking }}")
        #expect(try template.render([message]) == "whywhy")
        message.reasoning = "because"
        #expect(message.fields["reasoning_content"] == "because")
        if name != "reasoning_content" { #expect(message.fields[name] == nil) }
    }

    static let broken: [(JSONValue, String)] = [
        ([], "expected a message as an object, found array"),
        (["content": "x"], "a message has no \"role\" that is a string"),
        (
            ["role": "user", "content": 1],
            "the content of a message of role user: expected a string or an array, found number"
        ),
        (
            ["role": "user", "content": ["x"]],
            "the content of a message of role user: part 0 is no object with a \"type\""
        ),
        (
            ["role": "user", "content": [["type": "text"]]],
            "the content of a message of role user: part 0 has no \"text\" that is a string"
        ),
        (["role": "assistant", "tool_calls": [:]], "\"tool_calls\": expected an array, found object"),
        (
            ["role": "assistant", "tool_calls": [["name": "f"]]],
            "tool call 0: expected an object with the member \"function\", found object"
        ),
        (["role": "assistant", "tool_calls": [["function": [:]]]], "tool call 0: the function has no name"),
        (
            ["role": "assistant", "tool_calls": [["function": ["name": "f", "arguments": 1]]]],
            "tool call 0: expected the arguments as an object or a string, found number"
        ),
    ]

    @Test(arguments: broken) func refusesBrokenMessages(_ json: JSONValue, _ message: String) {
        let error = #expect(throws: ChatError.self) { try ChatMessage(json) }
        #expect(error?.code == .badMessage)
        #expect(error?.message == message)
    }
}
