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

    /// - Throws: `RegistryError` (`invalid`, `limitExceeded`).
    func check() throws(RegistryError) {
        guard !author.isEmpty, author.count <= RegistryLimits.authorCharactersMax else {
            throw RegistryError(
                .invalid,
                "author: expected 1 to \(RegistryLimits.authorCharactersMax) characters, found \(author.count)")
        }
        try Self.check(reason, "reason")
    }

    static func check(_ note: String?, _ what: String) throws(RegistryError) {
        guard let note, note.count > RegistryLimits.noteCharactersMax else { return }
        throw RegistryError(
            .limitExceeded, "\(what): \(note.count) characters, the limit is \(RegistryLimits.noteCharactersMax)")
    }
}
