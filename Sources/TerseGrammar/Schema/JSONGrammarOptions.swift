/// How deep JSON may be where a schema leaves it open.
public struct JSONGrammarOptions: Sendable, Equatable {
    /// Arrays and objects inside one another in values that the schema says nothing about.
    public var freeDepthMax = 24

    public init() {}
}
