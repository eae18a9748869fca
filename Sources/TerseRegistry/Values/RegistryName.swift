/// The rule for names of models, variants and aliases: what can be typed, be part of a reference and of a URL.
public enum RegistryName {
    /// The alias that says what is live.
    public static let production = "production"
    /// The alias that follows `production`: what a rollback of it would bring back.
    public static let previous = "previous"

    /// - Parameter what: what the name is of, for the message.
    /// - Throws: `RegistryError` (`invalid`) naming the rule and what was found.
    public static func check(_ name: String, _ what: String) throws(RegistryError) {
        guard isValid(name) else {
            throw RegistryError(
                .invalid,
                "\(what): expected 1 to \(RegistryLimits.nameCharactersMax) letters, digits, '.', '_' or '-', "
                    + "a letter or digit first; found \(name.prefix(120).debugDescription)")
        }
    }

    static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, bytes.count <= RegistryLimits.nameCharactersMax else { return false }
        return isLetterOrDigit(first) && bytes.allSatisfy { isLetterOrDigit($0) || [0x2D, 0x2E, 0x5F].contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
