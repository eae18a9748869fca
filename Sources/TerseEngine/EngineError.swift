/// What went wrong while generating text.
public struct EngineError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// A request that breaks a rule of its parameters.
        case badRequest
        /// The prompt does not fit the context.
        case promptTooLong
        /// Too many requests wait already.
        case busy
        /// The model failed, such as for want of memory.
        case model
        /// Logits or hidden states are not finite numbers.
        case notFinite
        /// The text was not read, and came to more than is kept.
        case unread
        /// An embedding that was cancelled or came to its deadline.
        case cancelled
        /// The engine was shut down, or takes no more requests.
        case shutDown
    }

    public let code: Code
    public let message: String
    /// When a request that was refused as `busy` may be taken.
    public let retryAfter: Duration?

    public init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    public var description: String { message }
}
