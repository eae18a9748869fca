/// Who does something, and why: kept with every record.
public struct Attribution: Sendable, Equatable {
    /// A person or program.
    public var author: String
    public var reason: String?

    /// An author and a reason; they are bounded when they are recorded.
    public init(author: String, reason: String? = nil) {
        self.author = author
        self.reason = reason
    }

    /// What is recorded is checked anyway: this is for who wants to know before long work.
    /// - Throws: `RegistryError` (`invalid`, `limitExceeded`).
    public func check() throws(RegistryError) {
        try RecordText.check(author, "author", min: 1, max: RegistryLimits.authorCharactersMax)
        if let reason { try RecordText.check(reason, "reason", max: RegistryLimits.noteCharactersMax) }
    }
}
