/// One encoding of a version: immutable files.
public struct Variant: Sendable {
    /// What its files are, and so how they are opened.
    public enum Format: String, Sendable, CaseIterable {
        /// A file, or shards.
        case gguf
        /// A folder with config.json and safetensors.
        case huggingFace = "huggingface"
        /// A checkpoint of llama2.c.
        case llama2C = "llama2c"
    }

    /// A file of it.
    public struct File: Sendable, Equatable {
        /// Within the variant: a name, or names with `/` between.
        public let path: String
        public let hash: BlobHash
        public let byteCount: Int64

        init(path: String, hash: BlobHash, byteCount: Int64) {
            self.path = path
            self.hash = hash
            self.byteCount = byteCount
        }
    }

    let id: Int64
    public let name: String
    public let format: Format
    /// Which file to open; nil: the folder.
    public let entry: String?
    /// Ordered by path.
    public let files: [File]
    public let made: Record
    /// When it was removed, if it was: the record stays, the files go with the next collection.
    public let removed: Record?

    /// Of all files.
    public var byteCount: Int64 { files.reduce(0) { $0.addingClamped($1.byteCount) } }
}
