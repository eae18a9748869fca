/// How JSON is laid out, and how deep, where a schema leaves it open.
public struct JSONGrammarOptions: Sendable, Equatable {
    /// White space that may stand between the parts of arrays and objects. Never more than stated: a model that likes blanks
    /// would write them for ever.
    public enum WhiteSpace: Sendable, Equatable {
        /// None.
        case compact
        /// At most one space after each comma and colon.
        case single
    }

    public var whiteSpace: WhiteSpace = .single
    /// Arrays and objects inside one another in values that the schema says nothing about.
    public var maximumFreeDepth = 24

    public init() {}
}
