/// Bounds on what a template may cost. Templates come with models from strangers: none can hang, exhaust memory or
/// overflow the stack.
public struct TemplateLimits: Sendable, Equatable {
    /// UTF-8 bytes of a template.
    public var maximumTemplateBytes = 1 << 20
    /// UTF-8 bytes of the result, and of any string made on the way.
    public var maximumOutputBytes = 64 << 20
    /// Units of work: one for each expression and statement evaluated, one for each element and for each 16 bytes of text
    /// that an operation reads or makes. It bounds time and, with it, memory.
    public var maximumWork = 20_000_000
    /// Expressions, blocks and macro calls inside one another while rendering.
    public var maximumDepth = 400
    /// Expressions and blocks inside one another in the template's text.
    public var maximumNesting = 100
    /// Lists, tuples and dictionaries inside one another, in the data too.
    public var maximumValueDepth = 200

    public init() {}

    /// Elements that `range` may give, as in the sandbox that templates are written for.
    static let maximumRange = 100_000

    public static let standard = TemplateLimits()
}
