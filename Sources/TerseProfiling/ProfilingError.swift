/// What went wrong while a profile was made.
public struct ProfilingError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// Too little text for an interval.
        case tooShort
        /// A result that is no number.
        case badResult
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
