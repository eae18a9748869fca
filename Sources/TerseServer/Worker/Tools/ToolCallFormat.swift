/// How a model writes the calls of functions that it wants, as its chat template teaches it.
enum ToolCallFormat: Sendable, Equatable {
    /// `<tool_call>{"name": …, "arguments": …}</tool_call>`, each call in its marks: Hermes, Qwen.
    case tagged
    /// The whole answer is `{"name": …, "parameters": …}`, several after semicolons or line breaks: Llama 3.
    case bareObject
    /// The whole answer is a list of calls, `[{"name": …, "arguments": …}]`: Mistral.
    case list

    /// What a template's text shows. A template that says nothing of tools is told of them in the form `tagged`.
    init(template: String) {
        if template.contains("<tool_call>") {
            self = .tagged
        } else if template.contains("[TOOL_CALLS]") {
            self = .list
        } else if template.contains("\"parameters\": ") || template.contains("<|python_tag|>") {
            self = .bareObject
        } else {
            self = .tagged
        }
    }

    static let openingTag = "<tool_call>"
    static let closingTag = "</tool_call>"
    /// What may stand before the calls of a whole answer.
    static let leadingMarks = ["<|python_tag|>", "[TOOL_CALLS]"]

    /// How an answer begins that must be a call, before the call's object.
    var opening: String {
        switch self {
        case .tagged: "\(Self.openingTag)\n"
        case .bareObject: ""
        case .list: "["
        }
    }

    /// How such an answer ends, behind the call's object.
    var closing: String {
        switch self {
        case .tagged: "\n\(Self.closingTag)"
        case .bareObject: ""
        case .list: "]"
        }
    }

    /// The member of a call that holds its arguments.
    var argumentsKey: String { self == .bareObject ? "parameters" : "arguments" }
}
