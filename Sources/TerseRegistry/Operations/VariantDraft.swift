/// A variant about to be registered: its files are staged.
public struct VariantDraft {
    /// A staged file and what it is called within the variant.
    public struct File {
        public let path: String
        public let blob: Staging.Blob

        /// A file; its path is checked when it is registered.
        public init(path: String, blob: Staging.Blob) {
            self.path = path
            self.blob = blob
        }
    }

    public let name: String
    public let format: Variant.Format
    /// Which file to open; nil: the folder.
    public let entry: String?
    public let files: [File]

    /// A variant; what it is made of is checked when it is registered.
    public init(name: String, format: Variant.Format, entry: String?, files: [File]) {
        self.name = name
        self.format = format
        self.entry = entry
        self.files = files
    }

    /// - Throws: `RegistryError` naming the part.
    func check() throws(RegistryError) {
        try RegistryName.check(name, "variant")
        try FilePath.check(files.map(\.path), of: "variant \(name)")
        let isThere = entry == nil || files.contains { RecordText.areSame($0.path, entry) }
        guard (entry == nil) == (format == .huggingFace), isThere else {
            throw RegistryError(
                .invalid,
                "variant \(name): expected one of its files to open, found \(entry ?? "none") (\(format.rawValue))")
        }
    }

    var contents: [Variant.File] {
        files.map { Variant.File(path: $0.path, hash: $0.blob.hash, byteCount: $0.blob.byteCount) }
    }
}
