/// What a user types to name something registered: `NAME`, `NAME:VERSION`, `NAME@ALIAS`, the last two also with
/// `/VARIANT`.
public struct ModelReference: Sendable, Equatable, CustomStringConvertible {
    /// How the version is named.
    public enum Selector: Sendable, Equatable {
        /// What `production` points to, else the newest version.
        case standard
        /// By number.
        case version(Int)
        /// What the alias points to.
        case alias(String)
    }

    public let name: String
    public let selector: Selector
    /// Nil: the one that the alias points to, else the version's first.
    public let variant: String?

    /// A reference put together; names are checked when it is looked up.
    public init(name: String, selector: Selector = .standard, variant: String? = nil) {
        self.name = name
        self.selector = selector
        self.variant = variant
    }

    /// Of parts that came apart.
    /// - Throws: `RegistryError` (`invalid`) saying which part is wrong.
    public init(name: String, version: String, variant: String? = nil) throws(RegistryError) {
        try RegistryName.check(name, "name of a model")
        if let variant { try RegistryName.check(variant, "variant") }
        self.init(name: name, selector: .version(try Self.number(version, in: version)), variant: variant)
    }

    /// - Throws: `RegistryError` (`invalid`) saying which part is wrong.
    public init(_ text: String) throws(RegistryError) {
        var rest = text[...]
        var variant: String?
        if let slash = rest.firstIndex(of: "/") {
            variant = String(rest[rest.index(after: slash)...])
            rest = rest[..<slash]
        }
        if let mark = rest.firstIndex(where: { $0 == ":" || $0 == "@" }) {
            let value = String(rest[rest.index(after: mark)...])
            selector = rest[mark] == "@" ? .alias(value) : .version(try Self.number(value, in: text))
            rest = rest[..<mark]
        } else {
            selector = .standard
        }
        name = String(rest)
        self.variant = variant
        try RegistryName.check(name, "\(text.debugDescription): name of a model")
        if case .alias(let alias) = selector { try RegistryName.check(alias, "\(text.debugDescription): alias") }
        if let variant {
            try RegistryName.check(variant, "\(text.debugDescription): variant")
            // Else every relative path would be one.
            guard selector != .standard else {
                throw RegistryError(
                    .invalid,
                    "\(text.debugDescription): a variant is named behind a version or an alias: "
                        + "\(name):1/\(variant) or \(name)@\(RegistryName.production)/\(variant)")
            }
        }
    }

    private static func number(_ text: String, in whole: String) throws(RegistryError) -> Int {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), number > 0,
            number <= RegistryLimits.versionNumberMax
        else {
            throw RegistryError(
                .invalid,
                "\(whole.debugDescription): expected the number of a version, 1 to \(RegistryLimits.versionNumberMax), "
                    + "found \(text.debugDescription)")
        }
        return number
    }

    public var description: String {
        let version =
            switch selector {
            case .standard: name
            case .version(let number): "\(name):\(number)"
            case .alias(let alias): "\(name)@\(alias)"
            }
        return variant.map { "\(version)/\($0)" } ?? version
    }
}
