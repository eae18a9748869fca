import HTTPTypes
import TerseOperations

extension HTTPField.Name {
    static let requestID = HTTPField.Name("x-request-id")!
    static let traceParent = HTTPField.Name("traceparent")!
    static let traceState = HTTPField.Name("tracestate")!
    /// Whether the answer came from the cache.
    static let terseCache = HTTPField.Name("x-terse-cache")!
    /// What must not be kept between a stream and its reader.
    static let accelBuffering = HTTPField.Name("x-accel-buffering")!
    /// Says which conversation a request belongs to.
    static let conversationID = HTTPField.Name("x-conversation-id")!
    /// What a worker says that an answer took which is not streamed.
    static let workerTimes = HTTPField.Name("x-terse-times")!
    /// Which variant answers a routed request, and why.
    static let route = HTTPField.Name(RoutingDecision.header)!
    /// How fast whoever asks wants the answer, in milliseconds.
    static let timeToFirstTokenObjective = HTTPField.Name(ServiceObjectives.timeToFirstTokenHeader)!
    static let timePerOutputTokenObjective = HTTPField.Name(ServiceObjectives.timePerOutputTokenHeader)!
    static let limitRequests = HTTPField.Name("x-ratelimit-limit-requests")!
    static let limitTokens = HTTPField.Name("x-ratelimit-limit-tokens")!
    static let remainingRequests = HTTPField.Name("x-ratelimit-remaining-requests")!
    static let remainingTokens = HTTPField.Name("x-ratelimit-remaining-tokens")!
    static let resetRequests = HTTPField.Name("x-ratelimit-reset-requests")!
    static let resetTokens = HTTPField.Name("x-ratelimit-reset-tokens")!
}
