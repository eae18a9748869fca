/// A registered model, in a line.
public struct ModelSummary: Sendable {
    public let name: String
    public let made: Record
    /// The number of versions ever registered.
    public let versionCount: Int
    /// The newest that has a variant that is kept.
    public let newestVersion: Int?
    /// Variants that are kept.
    public let variantCount: Int
    /// What they take on the disk: a file that several have counts once.
    public let byteCount: Int64
    /// Ordered by name.
    public let aliases: [AliasTarget]
    /// Moves that a rollback can go back: files are kept for it.
    public let rollbackDepth: Int
}

/// What an alias points to.
public struct AliasTarget: Sendable, Equatable {
    public let alias: String
    public let version: Int
    public let variant: String
    /// Since when, by whom and why.
    public let moved: Record

    /// What it points to, as users type it.
    public func reference(of model: String) -> ModelReference {
        ModelReference(name: model, selector: .version(version), variant: variant)
    }
}

extension [AliasTarget] {
    /// What a model's production points to, where these are its aliases.
    public func production(of model: String) -> ModelReference? {
        first { $0.alias == RegistryName.production }?.reference(of: model)
    }
}
