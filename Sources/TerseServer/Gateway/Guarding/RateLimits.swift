/// What one key may use in a minute.
public struct RateLimits: Sendable, Equatable {
    /// Nil: without limit.
    public var requestsPerMinute: Int?
    /// Tokens of prompts and answers; nil: without limit.
    public var tokensPerMinute: Int?

    public init(requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
    }
}
