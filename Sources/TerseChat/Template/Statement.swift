/// A statement of a template.
struct Statement: Sendable {
    indirect enum Kind: Sendable {
        case text(String)
        case output(Expression)
        case assignment(AssignmentTarget, Expression)
        /// `{% set name %}…{% endset %}`, through a filter or not.
        case blockAssignment(AssignmentTarget, filter: Expression?, body: [Statement])
        case condition(branches: [(test: Expression, body: [Statement])], otherwise: [Statement])
        case loop(ForLoop)
        case breakLoop
        case continueLoop
        case macro(MacroDefinition)
        /// `{% call(arguments) macro(…) %}…{% endcall %}`
        case call(MacroDefinition, Expression)
        case filterBlock(Expression, body: [Statement])
        case with([(target: AssignmentTarget, value: Expression)], body: [Statement])
        /// `{% generation %}`, which marks what the model says: printed, in a scope of its own.
        case generation([Statement])
    }

    let kind: Kind
    let line: Int
}

/// What can stand on the left of an assignment.
indirect enum AssignmentTarget: Sendable {
    case name(String)
    /// An attribute of a namespace.
    case attribute(of: String, String)
    case tuple([AssignmentTarget])
}

struct ForLoop: Sendable {
    let target: AssignmentTarget
    let iterable: Expression
    let test: Expression?
    let isRecursive: Bool
    let body: [Statement]
    let otherwise: [Statement]
}

struct MacroDefinition: Sendable {
    let name: String?
    let parameters: [String]
    /// Of the last parameters.
    let defaults: [Expression]
    let body: [Statement]
    /// Which of `caller`, `varargs` and `kwargs` the body reads: a macro takes only the extra arguments that it reads.
    let specialNames: Set<String>
}
