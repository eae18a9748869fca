import TerseJSON

/// Tokens that a request took.
struct Usage: Sendable, Equatable {
    var promptTokens = 0
    /// Of these, in the cache already.
    var cachedTokens = 0
    var completionTokens = 0

    var json: JSONValue {
        [
            "prompt_tokens": JSONValue(promptTokens), "completion_tokens": JSONValue(completionTokens),
            "total_tokens": JSONValue(promptTokens + completionTokens),
            "prompt_tokens_details": ["cached_tokens": JSONValue(cachedTokens)],
        ]
    }
}
