/// What a rule made from a schema stands for, so that it is made once. Schemas by their nodes' numbers.
enum RuleKey: Hashable {
    /// Values that obey all of one set without choices; numbers rise.
    case obeying([Int])
    /// Values that obey any of several sets.
    case anyOf([[Int]])
    case freeValue(depth: Int)
    case freeObject(depth: Int)
    case freeArray(depth: Int)
    case anyNumber
    case anyInteger
    case number([Int])
    case freeString
    case string(StringShape.Key)
    /// Names of members that `schemas` is about, within objects that obey `nodes`.
    case name(nodes: [Int], schemas: [Int])

    /// For messages; what begins with a schema's place has that.
    func name(_ nodes: [SchemaNode]) -> String {
        switch self {
        case .freeValue: "any value"
        case .freeObject: "any object"
        case .freeArray: "any array"
        case .anyNumber: "any number"
        case .anyInteger: "any integer"
        case .freeString: "any string"
        case .obeying, .anyOf, .number, .string, .name: nodes.first?.pointer ?? "a part of the schema"
        }
    }
}
