import TerseJSON

/// Tokens that a request took.
struct Usage: Sendable, Equatable {
    var promptTokens = 0
    /// Of these, in the cache already.
    var cachedTokens = 0
    var completionTokens = 0

    /// As an answer tells it; nil where it does not.
    init?(answer: JSONValue) {
        guard let usage = answer["usage"], let prompt = usage["prompt_tokens"]?.intValue else { return nil }
        self.init(
            promptTokens: prompt, cachedTokens: usage["prompt_tokens_details"]?["cached_tokens"]?.intValue ?? 0,
            completionTokens: usage["completion_tokens"]?.intValue ?? 0)
    }

    init(promptTokens: Int = 0, cachedTokens: Int = 0, completionTokens: Int = 0) {
        (self.promptTokens, self.cachedTokens) = (promptTokens, cachedTokens)
        self.completionTokens = completionTokens
    }

    var json: JSONValue {
        [
            "prompt_tokens": JSONValue(promptTokens), "completion_tokens": JSONValue(completionTokens),
            "total_tokens": JSONValue(promptTokens + completionTokens),
            "prompt_tokens_details": ["cached_tokens": JSONValue(cachedTokens)],
        ]
    }
}
