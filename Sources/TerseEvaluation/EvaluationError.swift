/// What went wrong while measuring a model's quality.
public struct EvaluationError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// A request that breaks a rule of its parameters.
        case badRequest
        /// A data file that breaks its format; the message names file and line.
        case badData
        /// Too little text for what was asked.
        case tooShort
        /// The model failed: memory, or logits that are not numbers.
        case model
        /// Files whose logits cannot be compared.
        case mismatch
        /// The operating system refused.
        case system
        /// The caller asked to stop.
        case cancelled
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
