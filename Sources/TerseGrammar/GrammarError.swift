/// Why a grammar, schema or pattern cannot be used, or why decoding under one cannot go on.
public struct GrammarError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// The text of a grammar or a regular expression breaks its notation.
        case syntax
        /// A rule is used that nobody defines.
        case undefinedRule
        /// A rule begins with itself, so that reading from left to right would not end.
        case leftRecursion
        /// No text at all fits the grammar.
        case matchesNothing
        /// A limit of `GrammarLimits` is exceeded.
        case limitExceeded
        /// A schema's keyword, or its value, cannot be enforced.
        case unsupportedKeyword
        /// A schema's keyword has a value that the specification does not allow.
        case invalidSchema
        /// A regular expression uses what no finite automaton can do.
        case unsupportedPattern
        /// A token that the mask forbids was accepted.
        case tokenNotAllowed
        /// The text may go on, but no token of the vocabulary continues it.
        case vocabularyTooPoor
    }

    public let code: Code
    public let message: String
    /// The keyword of the schema that is at fault.
    public let keyword: String?
    /// Where in the schema: an RFC 6901 JSON pointer as a URI fragment, `#/properties/name`.
    public let pointer: String?

    public init(_ code: Code, _ message: String, keyword: String? = nil, pointer: String? = nil) {
        self.code = code
        self.message = message
        self.keyword = keyword
        self.pointer = pointer
    }

    public var description: String { message }
}
