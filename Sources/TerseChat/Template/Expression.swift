/// An expression of a template. Immutable, so templates can be rendered from any thread.
final class Expression: Sendable {
    enum Kind: Sendable {
        case none
        case bool(Bool)
        case integer(Int)
        case number(Double)
        case string(String)
        case name(String)
        case tuple([Expression])
        case list([Expression])
        case dictionary([(key: Expression, value: Expression)])
        case attribute(Expression, String)
        case item(Expression, Expression)
        case slice(Expression, start: Expression?, stop: Expression?, step: Expression?)
        case call(Expression, CallArguments)
        /// No value: the text of the block that the filter stands in.
        case filter(Expression?, String, CallArguments)
        case test(Expression, String, CallArguments)
        case not(Expression)
        case and(Expression, Expression)
        case or(Expression, Expression)
        case conditional(test: Expression, then: Expression, otherwise: Expression?)
        case comparison(Expression, [(operation: String, operand: Expression)])
        case binary(String, Expression, Expression)
        case negative(Expression)
        case positive(Expression)
        case concatenation([Expression])
    }

    let kind: Kind
    let line: Int
    /// How deeply expressions nest in this one.
    let depth: Int

    init(_ kind: Kind, line: Int, depth: Int) {
        self.kind = kind
        self.line = line
        self.depth = depth
    }
}

/// What stands in the parentheses of a call.
struct CallArguments: Sendable {
    var positional: [Expression] = []
    var keyword: [(name: String, value: Expression)] = []
    /// `*expression`
    var spread: Expression?
    /// `**expression`
    var keywordSpread: Expression?

    var expressions: [Expression] {
        positional + keyword.map(\.value) + [spread, keywordSpread].compactMap { $0 }
    }
}
