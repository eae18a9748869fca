/// One move of an alias, which is kept for good.
public struct AliasMove: Sendable, Equatable {
    /// What was done.
    public enum Kind: String, Sendable {
        /// It points to something new, which a rollback would undo.
        case set
        /// It points to nothing.
        case clear
        /// It points to what it pointed to before the last `set` or `clear`.
        case rollback
    }

    /// Grows with each move of any alias.
    public let id: Int64
    public let model: String
    public let alias: String
    public let kind: Kind
    /// Nil: nothing.
    public let version: Int?
    public let variant: String?
    public let made: Record
}
