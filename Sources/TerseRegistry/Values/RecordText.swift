/// The rule for texts of records, the same in Swift and in the database: they are counted and compared by Unicode
/// scalars, as SQLite does and Swift's own strings do not, and hold no NUL, at which SQLite takes a text to end.
enum RecordText {
    /// - Throws: `RegistryError` (`invalid`, `limitExceeded`) with what is allowed and what was found.
    static func check(_ text: String, _ what: String, min: Int = 0, max: Int) throws(RegistryError) {
        let count = text.unicodeScalars.count
        guard count >= min, count <= max else {
            throw RegistryError(
                count < min ? .invalid : .limitExceeded,
                "\(what): expected \(min) to \(max) characters, found \(count)")
        }
        try checkNul(text, what)
    }

    /// - Throws: `RegistryError` (`invalid`, `limitExceeded`).
    static func check(_ text: String, _ what: String, bytesMax: Int) throws(RegistryError) {
        guard text.utf8.count <= bytesMax else {
            throw RegistryError(.limitExceeded, "\(what): \(text.utf8.count) bytes, the limit is \(bytesMax)")
        }
        try checkNul(text, what)
    }

    private static func checkNul(_ text: String, _ what: String) throws(RegistryError) {
        guard let offset = text.utf8.enumerated().first(where: { $0.element == 0 })?.offset else { return }
        throw RegistryError(.invalid, "\(what): expected a text, found a NUL at byte \(offset)")
    }

    /// As much of it as a record takes.
    static func prefix(_ text: String, max: Int) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(max)))
    }

    /// Whether they are the same bytes; `==` finds texts equal that are composed in another way.
    static func areSame(_ first: String?, _ second: String?) -> Bool {
        guard let first, let second else { return first == nil && second == nil }
        return first.utf8.elementsEqual(second.utf8)
    }

    /// The order that the database has.
    static func precedes(_ first: String, _ second: String) -> Bool {
        first.utf8.lexicographicallyPrecedes(second.utf8)
    }
}
