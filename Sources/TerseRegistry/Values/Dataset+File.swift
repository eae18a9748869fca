extension Lineage.Dataset {
    /// A file, which is read and hashed; its name is the last part of the path.
    /// - Parameter progress: is told how many bytes have come; false stops.
    /// - Throws: `RegistryError` (`system`, `cancelled`).
    public init(file path: String, progress: (Int64) -> Bool = { _ in true }) throws(RegistryError) {
        let read = try HashedFile.read(path, progress: progress)
        self.init(
            name: path.split(separator: "/").last.map(String.init) ?? path, sha256: read.hash.description,
            byteCount: read.byteCount)
    }
}
