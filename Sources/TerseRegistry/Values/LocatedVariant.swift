/// A variant on the disk, verified.
public struct LocatedVariant: Sendable {
    public let model: String
    public let version: Int
    public let variant: Variant
    /// What to open: a file, of shards the first, or a folder. Its folder has all files under their names.
    public let path: String

    /// As users type it.
    public var reference: ModelReference {
        ModelReference(name: model, selector: .version(version), variant: variant.name)
    }
}
