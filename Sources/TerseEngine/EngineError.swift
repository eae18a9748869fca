/// What went wrong while generating text.
public struct EngineError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// A request that breaks a rule of its parameters.
        case badRequest
        /// The prompt does not fit the context.
        case promptTooLong
        /// Too many requests wait already.
        case busy
        /// The model failed: memory, or logits that are not numbers.
        case model
        /// The generator was shut down.
        case shutDown
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
