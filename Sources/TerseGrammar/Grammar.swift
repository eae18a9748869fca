/// A context-free grammar over the UTF-8 bytes of a text: named rules, one of which the whole text is.
public struct Grammar: Sendable {
    /// What a rule, or a part of one, reads.
    public indirect enum Expression: Sendable {
        /// Nothing.
        case empty
        /// One scalar of a set.
        case characters(SymbolSet)
        /// Exactly these bytes.
        case bytes([UInt8])
        /// One after the other.
        case sequence([Expression])
        /// Any one; none of none.
        case choice([Expression])
        /// At least `minimum` times and at most `maximum`; nil: without end.
        case repetition(Expression, minimum: Int, maximum: Int?)
        /// What the rule of this index reads.
        case rule(Int)
        /// What an automaton over bytes and calls reads; made from schemas alone.
        case machine(Machine)
    }

    /// An automaton that stands for an expression.
    public struct Machine: Sendable {
        enum Form: Sendable {
            case graph(Graph)
            case automaton(Automaton)
        }

        let form: Form
    }

    /// A name for messages, and what it stands for.
    public struct Rule: Sendable {
        public var name: String
        public var expression: Expression

        public init(_ name: String, _ expression: Expression) {
            self.name = name
            self.expression = expression
        }
    }

    public var rules: [Rule]
    /// The index of the rule that the whole text is.
    public var root: Int

    public init(rules: [Rule], root: Int) {
        self.rules = rules
        self.root = root
    }
}

extension Grammar.Expression {
    /// Exactly this text.
    public static func text(_ text: String) -> Self { .bytes(Array(text.utf8)) }

    static func graph(_ graph: Graph) -> Self { .machine(.init(form: .graph(graph))) }
    static func automaton(_ automaton: Automaton) -> Self { .machine(.init(form: .automaton(automaton))) }
}
