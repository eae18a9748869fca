import TerseJSON

/// What a model's text turned out to be.
enum ToolCallPiece: Sendable, Equatable {
    case text(String)
    /// A function that is to be called with these arguments.
    case call(name: String, arguments: JSONValue)
}
