/// Why a file could not be fetched.
public struct HubError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// What to fetch is not spelled as a URL or as `hf:owner/name/file`.
        case badSource
        /// The server has no such file (404, 410).
        case notFound
        /// The server wants a token, or does not accept the one it got (401, 403).
        case unauthorized
        /// Another status that cannot be helped by asking again, or one that did not go away.
        case refused
        /// No connection, or one that broke, and kept doing so.
        case network
        /// The server was silent for too long, and kept doing so.
        case timeout
        /// The disk has no room for the file.
        case noSpace
        /// The file has another size than the server said.
        case sizeMismatch
        /// The file has another SHA-256 than it should have.
        case hashMismatch
        /// The destination cannot be written.
        case file
        /// The task was cancelled; what had come is kept.
        case cancelled
    }

    /// Whether what had come is still there for another try.
    public var keepsPart: Bool { code != .sizeMismatch && code != .hashMismatch }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
