/// What went wrong with a tokenizer's definition.
public struct TokenizerError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// A field contradicts another or itself.
        case invalid
        /// The definition asks for something this library does not do.
        case unsupported
        /// A size is beyond one of `TokenizerLimits`.
        case tooLarge
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
