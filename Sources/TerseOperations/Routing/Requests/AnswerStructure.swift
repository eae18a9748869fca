/// What shape an answer must have.
public enum AnswerStructure: String, Sendable, CaseIterable, Codable {
    case text
    /// Any JSON object.
    case json
    /// What a JSON Schema or a grammar allows, calls of functions among it.
    case grammar
}
