import TerseJSON

/// A call of a function that the model asks for.
public struct ToolCall: Sendable, Equatable {
    /// What the result refers to it by.
    public var id: String?
    public var name: String
    /// An object, or a string that spells one in JSON, as OpenAI's API has it.
    public var arguments: JSONValue

    public init(id: String? = nil, name: String, arguments: JSONValue) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }

    /// The form of OpenAI's API: `{"id", "type": "function", "function": {"name", "arguments"}}`.
    public var json: JSONValue {
        var object = JSONObject()
        if let id { object["id"] = .string(id) }
        object["type"] = "function"
        object["function"] = ["name": .string(name), "arguments": arguments]
        return .object(object)
    }

    /// - Parameter place: where the call stands, for the error.
    init(_ json: JSONValue, at place: String) throws(ChatError) {
        guard let function = json["function"]?.objectValue else {
            throw ChatError(
                .badMessage, "\(place): expected an object with the member \"function\", found \(json.kindName)")
        }
        guard let name = function["name"]?.stringValue else {
            throw ChatError(.badMessage, "\(place): the function has no name")
        }
        let arguments = function["arguments"] ?? [:]
        guard arguments.stringValue != nil || arguments.objectValue != nil else {
            throw ChatError(
                .badMessage, "\(place): expected the arguments as an object or a string, found \(arguments.kindName)")
        }
        self.init(id: json["id"]?.stringValue, name: name, arguments: arguments)
    }
}
