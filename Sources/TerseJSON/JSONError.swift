/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// The text breaks RFC 8259's grammar.
        case syntax
        /// The text ends inside a value.
        case truncated
        /// A string holds bytes that are no UTF-8, or an escape that names half a surrogate pair.
        case invalidText
        /// A number is too large for a `Double`.
        case numberOutOfRange
        /// A key stands twice in one object, and `JSONLimits.duplicateKeys` forbids it.
        case duplicateKey
        /// A limit of `JSONLimits` is exceeded.
        case limitExceeded
    }

    public let code: Code
    /// What was expected and found, without the place.
    public let reason: String
    /// One-based; columns count Unicode scalars.
    public let line: Int
    public let column: Int

    public init(_ code: Code, _ reason: String, line: Int, column: Int) {
        self.code = code
        self.reason = reason
        self.line = line
        self.column = column
    }

    public var message: String { "line \(line), column \(column): \(reason)" }
    public var description: String { message }
}
