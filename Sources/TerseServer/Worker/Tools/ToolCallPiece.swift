/// What a model's text turned out to be.
enum ToolCallPiece: Sendable, Equatable {
    case text(String)
    /// A function that is to be called; its arguments follow.
    case call(name: String)
    /// More of the arguments of the call that began last: JSON in text.
    case arguments(String)
}
