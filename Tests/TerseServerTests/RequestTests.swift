import TerseEngine
import TerseJSON
import Testing

@testable import TerseServer

/// Requests are read strictly, and what is wrong is named.
@Suite struct RequestTests {
    static let chat: JSONObject = ["model": "m", "messages": [["role": "user", "content": "hello"]]]

    static func chat(_ more: JSONObject) -> JSONValue {
        var body = chat
        for member in more { body[member.key] = member.value }
        return .object(body)
    }

    @Test(
        arguments: [
            (["temperature": "hot"], "temperature"), (["temperature": 3], "temperature"), (["n": 0], "n"),
            (["n": 1.5], "n"), (["stop": 3], "stop"), (["stop": [""]], "stop"), (["stream": 1], "stream"),
            (["logit_bias": ["x": 1]], "logit_bias"), (["logit_bias": ["3": 101]], "logit_bias"),
            (["top_logprobs": 2], "top_logprobs"), (["logprobs": true, "top_logprobs": 21], "top_logprobs"),
            (["max_completion_tokens": 0], "max_completion_tokens"), (["messages": []], "messages"),
            (["messages": [["content": "x"]]], "messages[0]"),
            (["messages": [["role": "user", "content": [["type": "image_url"]]]]], "messages[0].content"),
            (["tools": [["type": "function", "function": ["name": "a b"]]]], "tools[0].function.name"),
            (["tool_choice": "auto", "tools": [["type": "retrieval"]]], "tools[0].type"),
            (["tool_choice": "required"], "tool_choice"), (["stream_options": [:]], "stream_options"),
            (["response_format": ["type": "xml"]], "response_format.type"),
            (["response_format": ["type": "json_schema"]], "response_format.json_schema"),
            (["priority": 101], "priority"), (["timeout": 0], "timeout"), (["timeout": "1 s"], "timeout"),
            (["modalities": ["audio"]], "modalities"), (["model": 3], "model"),
        ] as [(JSONObject, String)])
    func whatIsWrongIsNamed(_ more: JSONObject, parameter: String) throws {
        let error = try #require(throws: APIError.self) { _ = try ChatRequest(Self.chat(more)) }
        #expect(error.parameter == parameter, "\(error.message)")
        #expect(error.status == .badRequest)
    }

    @Test func unknownMembersAreToldAndIgnored() throws {
        let request = try ChatRequest(Self.chat(["frobnicate": 1, "user": "u", "seed": -1, "stop": "x"]))
        #expect(request.unknown == ["frobnicate"])
        #expect(request.sampling.policy.seed == UInt64.max)
        #expect(request.sampling.stops == ["x"])
    }

    /// Seeds have 64 bits, and the program writes them in strings, since numbers in JSON are not read exactly from 2⁶³ on.
    @Test func seedsHave64Bits() throws {
        let seeds: [(JSONValue, UInt64)] = [
            (0, 0), (-1, .max), (7.0, 7), ("7", 7), (.integer(.max), UInt64(Int64.max)),
            ("11868994046858143574", 11_868_994_046_858_143_574),
        ]
        for (value, seed) in seeds {
            #expect(try ChatRequest(Self.chat(["seed": value])).sampling.policy.seed == seed)
        }
        for text in ["9223372036854775808", "1.5", "true", "\"x\"", "\"18446744073709551616\""] {
            let value = try JSONValue.parse(text)
            let error = try #require(throws: APIError.self) { _ = try ChatRequest(Self.chat(["seed": value])) }
            #expect(error.parameter == "seed" && error.message.contains("…18446744073709551615"), "\(error.message)")
        }
    }

    /// What is found is told, not only that it is a number.
    @Test func wrongNumbersAreTold() throws {
        for (text, words) in [("1.5", "an integer, found 1.5"), ("17", "1…16, found 17"), ("1e19", "1…16, found 1")] {
            let value = try JSONValue.parse(text)
            let error = try #require(throws: APIError.self) { _ = try ChatRequest(Self.chat(["n": value])) }
            #expect(error.message.hasPrefix("n: expected \(words)"), "\(error.message)")
        }
    }

    @Test func stopsAreBounded() throws {
        let long = String(repeating: "a", count: GenerationRequest.stopStringBytesMax)
        #expect(try ChatRequest(Self.chat(["stop": .string(long)])).sampling.stops == [long])
        let error = try #require(throws: APIError.self) {
            _ = try ChatRequest(Self.chat(["stop": .string(long + "a")]))
        }
        #expect(error.parameter == "stop")
    }

    @Test func nullIsAbsent() throws {
        let request = try ChatRequest(Self.chat(["temperature": .null, "stop": .null, "tools": .null]))
        #expect(request.sampling.policy.temperature == 1)
        #expect(request.toolChoice == .none)
    }

    @Test func promptsComeInFourForms() throws {
        let forms: [(JSONValue, [PromptInput])] = [
            ("a", [.text("a")]), (["a", "b"], [.text("a"), .text("b")]), ([1, 2], [.tokens([1, 2])]),
            ([[1], [2, 3]], [.tokens([1]), .tokens([2, 3])]),
        ]
        for (value, inputs) in forms {
            #expect(try CompletionRequest(["model": "m", "prompt": value]).prompts == inputs)
        }
        for value in [3, [], [1, "a"], [-1], [1.5], ["a", 1]] as [JSONValue] {
            let error = #expect(throws: APIError.self) { _ = try CompletionRequest(["model": "m", "prompt": value]) }
            #expect(error?.parameter?.hasPrefix("prompt") == true)
        }
    }

    /// Requests may be less urgent than their key, and not more where there are keys.
    @Test(
        arguments: [(0, 4, 4, 4), (-3, 4, 4, 4), (3, 4, 4, 1), (100, -50, -50, -100), (-7, 0, 100, 7), (7, 0, 100, -7)])
    func keysBoundPriorities(asked: Int, key: Int, most: Int, priority: Int) throws {
        var gatewayContext = GatewayContext()
        (gatewayContext.priority, gatewayContext.priorityMax) = (key, most)
        let request = try ChatRequest(Self.chat(["priority": JSONValue(asked)]))
        var generation = GenerationRequest(prompt: [1])
        request.sampling.urgency.apply(to: &generation, gatewayContext, within: .seconds(60))
        #expect(generation.priority == priority)
    }

    @Test func timeThatHasPassedCounts() throws {
        var gatewayContext = GatewayContext()
        (gatewayContext.tenant, gatewayContext.elapsed, gatewayContext.wasAccepted) = (3, .milliseconds(500), true)
        for (body, most) in [([:], 60_000), (["timeout": 1.5], 1500), (["timeout": 600], 60_000)] as [(JSONObject, Int)]
        {
            var generation = GenerationRequest(prompt: [1])
            try ChatRequest(Self.chat(body)).sampling.urgency.apply(
                to: &generation, gatewayContext, within: .seconds(60))
            gatewayContext.apply(to: &generation)
            #expect(generation.timeout == .milliseconds(most) && generation.elapsed == .milliseconds(500))
            #expect(generation.tenant == 3 && generation.wasAccepted)
        }
    }

    @Test func continuationsGoToJSONAndBack() throws {
        var gatewayContext = GatewayContext()
        (gatewayContext.id, gatewayContext.created, gatewayContext.seed) = ("chatcmpl-1", 5, .max - 3)
        (gatewayContext.tenant, gatewayContext.priority, gatewayContext.reportsProgress) = (7, -3, true)
        (gatewayContext.priorityMax, gatewayContext.elapsed) = (2, .milliseconds(1234))
        gatewayContext.wasAccepted = true
        gatewayContext.choices = [
            GatewayContext.Choice(generated: [1, 2], textBytes: 9, isFinished: true), GatewayContext.Choice(),
        ]
        #expect(try GatewayContext(try JSONValue.parse(gatewayContext.json.serialized())) == gatewayContext)
    }
}
