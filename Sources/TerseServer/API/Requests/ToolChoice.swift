import TerseJSON

/// Whether the model may call functions, and which.
enum ToolChoice: Sendable, Equatable {
    case none
    case auto
    /// One at least.
    case required
    case function(String)

    /// - Throws: `APIError` naming the parameter.
    init(_ value: JSONValue?, tools: [ToolDefinition]) throws(APIError) {
        guard let value else {
            self = tools.isEmpty ? .none : .auto
            return
        }
        switch value {
        case .string("none"): self = .none
        case .string("auto"): self = tools.isEmpty ? .none : .auto
        case .string("required"): self = .required
        case .object:
            var fields = try FieldReader(value, path: "tool_choice")
            guard let object = try fields.object("function") else { throw fields.missing("function") }
            var function = FieldReader(object, path: "tool_choice.function")
            let name = try function.requiredString("name")
            guard tools.contains(where: { $0.name == name }) else {
                throw .invalid("tool_choice: there is no tool \"\(name)\"", parameter: "tool_choice")
            }
            self = .function(name)
        default:
            throw .invalid(
                "tool_choice: expected \"none\", \"auto\", \"required\" or a function", parameter: "tool_choice")
        }
        guard !tools.isEmpty || self == .none else {
            throw .invalid("tool_choice: only allowed with tools", parameter: "tool_choice")
        }
    }
}
