/// Says whether a key may send one more request, and what it has left, which every response tells. A value with the
/// caller's clock.
struct RateLimiter: Sendable {
    /// What a key has left.
    struct Standing: Sendable, Equatable {
        struct Quota: Sendable, Equatable {
            let limit: Int
            let remaining: Int
            /// Until all of it is there again.
            let reset: Duration
        }

        var requests: Quota?
        var tokens: Quota?
    }

    private var requests: TokenBucket?
    private var tokens: TokenBucket?

    init(_ limits: RateLimits, now: Duration) {
        requests = limits.requestsPerMinute.map { TokenBucket(perMinute: $0, now: now) }
        tokens = limits.tokensPerMinute.map { TokenBucket(perMinute: $0, now: now) }
    }

    /// Counts a request that is to be served.
    /// - Throws: `APIError` (429) with the time after which there is room.
    mutating func admit(now: Duration) throws(APIError) {
        if let wait = tokens?.remaining(now: now) == 0 ? tokens?.take(1, now: now) : nil {
            throw Self.refusal("tokens", tokens?.perMinute ?? 0, wait)
        }
        if let wait = requests?.take(1, now: now) {
            throw Self.refusal("requests", requests?.perMinute ?? 0, wait)
        }
    }

    /// Counts tokens once they are known.
    mutating func charge(tokens count: Int, now: Duration) { tokens?.overdraw(Double(count), now: now) }

    mutating func standing(now: Duration) -> Standing {
        Standing(requests: Self.quota(&requests, now), tokens: Self.quota(&tokens, now))
    }

    private static func quota(_ bucket: inout TokenBucket?, _ now: Duration) -> Standing.Quota? {
        guard let perMinute = bucket?.perMinute else { return nil }
        return Standing.Quota(
            limit: perMinute, remaining: bucket?.remaining(now: now) ?? 0, reset: bucket?.reset(now: now) ?? .zero)
    }

    private static func refusal(_ what: String, _ limit: Int, _ wait: Duration) -> APIError {
        APIError(
            .tooManyRequests, .rateLimit, "the key's limit of \(limit) \(what) a minute is reached",
            code: "rate_limit_exceeded", retryAfter: wait)
    }
}
