/// A variant on the disk, verified.
public struct LocatedVariant: Sendable {
    public let model: String
    public let version: Int
    public let variant: Variant
    /// Has all files under their names.
    public let folder: String
    /// What to open: a file of the folder, of shards the first, or the folder itself.
    public var path: String { variant.entry.map { "\(folder)/\($0)" } ?? folder }
    /// Of a GGUF file without others, the file in the store itself: for who opens it again later, since links may
    /// change.
    public let storedPath: String?

    /// What to open where links may have changed by then.
    public var lastingPath: String { storedPath ?? path }

    /// As users type it.
    public var reference: ModelReference {
        ModelReference(name: model, selector: .version(version), variant: variant.name)
    }
}
