/// What sort of text a prompt is.
public enum TextKind: String, Sendable, CaseIterable, Codable {
    case prose, code, mathematics
}
