/// What is wrong with a configuration file: the message names the file, the line, the key, and what was expected and
/// found.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    public let message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
}
