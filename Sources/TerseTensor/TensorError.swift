/// What went wrong with a tensor or an operation on one.
public struct TensorError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        case badShape
        case tooFewBytes
        case unsupportedType
        case badValue
        case system
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
