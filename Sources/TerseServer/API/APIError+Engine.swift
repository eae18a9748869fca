import TerseEngine

extension APIError {
    /// What an engine's refusal or failure means to a client.
    /// - Parameter member: what of the request it is about where it is the request's fault.
    init(_ error: EngineError, of member: String? = nil) {
        switch error.code {
        case .badRequest: self = .invalid(error.message, parameter: member)
        case .promptTooLong:
            self = .invalid(error.message, parameter: member, code: "context_length_exceeded")
        case .busy:
            self.init(
                .tooManyRequests, .rateLimit, "the queue is full: \(error.message)", code: "queue_full",
                retryAfter: error.retryAfter ?? .seconds(1))
        case .model: self.init(.internalServerError, .server, error.message)
        case .notFinite: self.init(.internalServerError, .server, error.message, code: "nonfinite_logits")
        case .unread:
            self.init(.internalServerError, .server, "the client reads too slowly: \(error.message)")
        case .cancelled: self = .timedOut
        case .shutDown:
            self.init(
                .serviceUnavailable, .unavailable, "the server is stopping: \(error.message)", retryAfter: .seconds(5))
        }
    }
}
