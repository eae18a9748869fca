import TerseEngine
import TerseJSON

extension GenerationSummary {
    /// Tokens and rates in a line: `prompt 5 tokens at 312 tokens/s, generated 40 at 95.1 tokens/s, seed 7`.
    var line: String {
        var parts: [String] = []
        var prompt = "prompt \(promptTokens) tokens"
        if reusedTokens > 0 { prompt += " (\(reusedTokens) kept)" }
        if promptTokensPerSecond > 0 { prompt += " at \(Quantity.figures(promptTokensPerSecond)) tokens/s" }
        parts.append(prompt)
        var generated = "generated \(tokens.count)"
        // The first token's time is the prompt's.
        if generatedTokensPerSecond > 0 { generated += " at \(Quantity.figures(generatedTokensPerSecond)) tokens/s" }
        parts.append(generated)
        if let timeToFirstToken {
            parts.append("first after \(Quantity.seconds(timeToFirstToken / .seconds(1)))")
        }
        return parts.joined(separator: ", ")
    }

    /// The reason as the OpenAI API spells it.
    var finishReason: String {
        switch reason {
        case .endOfText, .stopString: "stop"
        case .maxTokens, .contextFull: "length"
        case .deadline: "deadline"
        case .cancelled: "cancelled"
        }
    }

    /// For scripts, with the text that was generated.
    func json(text: String) -> JSONValue {
        [
            "text": .string(text),
            "finish_reason": .string(finishReason),
            "prompt_tokens": .integer(Int64(promptTokens)),
            "generated_tokens": .integer(Int64(tokens.count)),
            "tokens": .array(tokens.map { .integer(Int64($0)) }),
            "prompt_tokens_per_second": Self.json(ofRate: promptTokensPerSecond),
            "generated_tokens_per_second": Self.json(ofRate: generatedTokensPerSecond),
            "time_to_first_token_seconds": timeToFirstToken.map { .number($0 / .seconds(1)) } ?? .null,
            "seed": .string(String(seed)),
        ]
    }

    /// Null where nothing could be measured.
    private static func json(ofRate rate: Double) -> JSONValue { rate > 0 ? .number(rate) : .null }
}
