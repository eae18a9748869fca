/// What went wrong while reading or writing a file: the message names the file, the tensor or key, and both sides of a
/// mismatch.
public struct FormatError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// The bytes break the format's rules.
        case invalid
        /// The file ends before what it announces.
        case truncated
        /// Sound, but of a kind that this program does not handle.
        case unsupported
        /// Larger than a named limit of this program.
        case limitExceeded
        /// A key, tensor or file that must be there is not.
        case missing
        /// Two statements of the file, or the file and the request, contradict each other.
        case mismatch
        /// The operating system refused: no such file, no permission, disk full.
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
