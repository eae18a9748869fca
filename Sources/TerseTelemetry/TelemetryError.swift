/// What went wrong while measuring the host.
public struct TelemetryError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// A counter that is not what the kernel documents, or went away; the message names the file.
        case badData
        /// A request that breaks a rule of its parameters.
        case badRequest
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
