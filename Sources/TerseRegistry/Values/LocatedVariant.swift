/// A variant on the disk, verified.
public struct LocatedVariant: Sendable {
    public let model: String
    public let version: Int
    public let variant: Variant
    /// What to open: a file, of shards the first, or a folder. Its folder has all files under their names.
    public let path: String
    /// Of a GGUF file without others, the file in the store itself: for who opens it again later, since links may
    /// change.
    public let storedPath: String?

    /// As users type it.
    public var reference: ModelReference {
        ModelReference(name: model, selector: .version(version), variant: variant.name)
    }
}
