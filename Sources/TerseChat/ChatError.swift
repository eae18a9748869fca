/// What is wrong with a chat template, with a conversation, or with rendering one through the other.
public struct ChatError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// The template breaks the template language's grammar.
        case syntax
        /// The template uses a construct of the language that this interpreter does not have.
        case unsupported
        /// Rendering failed: an undefined value was used, an operation met a value it is not made for, …
        case rendering
        /// The template itself refused the conversation, by `raise_exception`.
        case refused
        /// A limit of `TemplateLimits` is exceeded.
        case limitExceeded
        /// A message does not have the form of a chat message.
        case badMessage
    }

    public let code: Code
    /// What was expected and found, without the place.
    public let reason: String
    /// One-based line of the template, where there is one.
    public let line: Int?

    public init(_ code: Code, _ reason: String, line: Int? = nil) {
        self.code = code
        self.reason = reason
        self.line = line
    }

    public var message: String { line.map { "chat template, line \($0): \(reason)" } ?? reason }
    public var description: String { message }
}
