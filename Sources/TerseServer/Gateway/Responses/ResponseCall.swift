import TerseJSON

/// A call of a function on its way from a chat's answer to a response.
struct ResponseCall: Sendable, Equatable {
    let id: String
    let name: String
    /// JSON in a string, as far as it has come.
    var arguments: String

    /// - Parameter call: of `tool_calls`, whole or a piece of a stream.
    init(_ call: JSONValue) {
        id = call["id"]?.stringValue ?? ""
        name = call["function"]?["name"]?.stringValue ?? ""
        arguments = call["function"]?["arguments"]?.stringValue ?? ""
    }

    /// Whether the call begins here; otherwise its arguments go on.
    var begins: Bool { !id.isEmpty }
    var itemID: String { "fc_\(id)" }
}
