import Foundation
import TerseChat
import TerseJSON
import TestSupport
import Testing

/// Conversations through templates against what Jinja2 makes of them (Fixtures/conversations.py).
@Suite struct ConversationTests {
    @Test func fixtureTemplatesAgreeWithJinja() throws {
        try compare(place: "fixtures", folder: Fixtures.folder.appending(path: "templates"), atLeast: 80)
    }

    @Test(.enabled(if: TestData.isPresent, "\(TestData.absence)"))
    func realTemplatesAgreeWithJinja() throws {
        try compare(place: "data", folder: Fixtures.templates, atLeast: 80)
    }

    func compare(place: String, folder: URL, atLeast: Int) throws {
        let fixture = try Fixtures.json("conversations.json")
        var templates: [String: ChatTemplate] = [:]
        var count = 0
        for item in try #require(fixture["cases"]?.arrayValue) where item["place"] == .string(place) {
            let name = try #require(item["template"]?.stringValue)
            if templates[name] == nil {
                let source = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
                templates[name] = try ChatTemplate(source: source)
            }
            let conversation = try #require(item["conversation"]?.stringValue)
            let messages = try #require(fixture["conversations"]?[conversation]?.arrayValue).map { try ChatMessage($0) }
            let result = Result {
                try #require(templates[name]).render(
                    messages, tools: item["tools"] == true ? fixture["tools"] : nil,
                    addGenerationPrompt: item["prompt"] == true, bosToken: "<s>", eosToken: "</s>",
                    extra: ["enable_thinking": false], form: .asGiven, now: Fixtures.now)
            }
            let expected = item["text"]?.stringValue
            let text = try? result.get()
            #expect(
                text.map { Array($0.utf8) } == expected.map { Array($0.utf8) },
                "\(name), \(conversation): \(result) instead of \(expected ?? "an error")")
            count += 1
        }
        #expect(count >= atLeast)
    }

    @Test func chatML() throws {
        let messages = [ChatMessage(role: "system", content: "S"), ChatMessage(role: "user", content: " hi\n")]
        let expected = "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\n hi\n<|im_end|>\n"
        #expect(try ChatTemplate.chatML.render(messages) == expected + "<|im_start|>assistant\n")
        #expect(try ChatTemplate.chatML.render(messages, addGenerationPrompt: false) == expected)
        let parts = try ChatMessage([
            "role": "user", "content": [["type": "text", "text": "a"], ["type": "text", "text": "b"]],
        ])
        #expect(
            try ChatTemplate.chatML.render([parts], addGenerationPrompt: false, form: .asGiven)
                == "<|im_start|>user\nab<|im_end|>\n")
    }

    /// Templates differ in what they take: arguments as an object, or as a string.
    @Test func argumentsFitTheTemplate() throws {
        let call = ToolCall(id: "1", name: "f", arguments: "{\"a\": [1, \"é\"]}")
        let messages = [ChatMessage(role: "assistant", toolCalls: [call])]
        let asObject = "{% for m in messages %}{{ m.tool_calls[0].function.arguments | tojson }}{% endfor %}"
        #expect(try ChatTemplate(source: asObject).render(messages) == "{\"a\": [1, \"é\"]}")
        let asString = "{% for m in messages %}{{ 'f' + m.tool_calls[0].function.arguments }}{% endfor %}"
        #expect(try ChatTemplate(source: asString).render(messages) == "f{\"a\": [1, \"é\"]}")
        #expect(throws: ChatError.self) {
            try ChatTemplate(source: "{{ messages[0].tool_calls[0].x.y }}").render(messages)
        }
    }

    @Test func partsThatAreTextBecomeOneString() throws {
        let message = try ChatMessage([
            "role": "user", "content": [["type": "text", "text": "a"], ["type": "text", "text": "b"]],
        ])
        let template = try ChatTemplate(source: "{{ messages[0].content }}")
        #expect(try template.render([message]) == "a\nb")
        #expect(try template.render([message], form: .asGiven).hasPrefix("[{'type': 'text'"))
    }
}
